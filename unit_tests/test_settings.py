from typing import Any

import pendulum
import pytest
from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from hypothesis import given
from hypothesis import strategies as st

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.settings import Settings, log_warnings
from source_8x8_work_analytics.time_zones import TIME_ZONES
from testing.builders import config, plain_id
from unit_tests.conftest import NOW

WRONG = [
    ("api_key", ...),
    ("api_key", ""),
    ("api_key", "two words"),
    ("api_key", "line\n"),
    ("api_key", 12345678),
    ("username", ...),
    ("username", "  "),
    ("password", ...),
    ("password", 12345678),
    ("password", "\ud800"),
    ("time_zone", ...),
    ("time_zone", "Mars/Olympus"),
    ("time_zone", "localtime"),
    ("time_zone", "Factory"),
    ("time_zone", "america/new_york"),
    ("time_zone", "-05:00"),
    ("time_zone", ["UTC"]),
    ("pbx_ids", []),
    ("pbx_ids", "acmecorp"),
    ("pbx_ids", [""]),
    ("pbx_ids", ["a,b"]),
    ("pbx_ids", [7]),
    ("pbx_ids", ["a\nb"]),
    ("pbx_ids", ["allpbxes", "acmecorp"]),
    ("pbx_ids", ["acmecorp", "AcmeCorp"]),
    ("start_date", "2026-13-01"),
    ("start_date", "2025-02-29"),
    ("start_date", "24/11/2026"),
    ("start_date", "2026-11-25"),
    ("start_date", "٢٠٢٦-١١-٠١"),
    ("start_date", 20261101),
    ("end_date", "2026-11-21"),
    ("end_date", "soon"),
    ("summary_window", "hour"),
    ("summary_window", ["day"]),
    ("only_finished_windows", "yes"),
    ("lookback_days", -1),
    ("lookback_days", 61),
    ("lookback_days", True),
    ("lookback_days", 1.5),
    ("num_workers", 1),
    ("num_workers", 21),
    ("num_workers", "4"),
    ("base_url", "http://api.8x8.com/analytics/work"),
    ("base_url", "http://127.0.0.1@evil.example/"),
    ("base_url", "http://127.0.0.1.evil.example/"),
    ("base_url", "https://user@evil.example/"),
    ("base_url", "https://"),
    ("base_url", "https://x:port/"),
    ("base_url", "https://[::1"),
    ("base_url", "ftp://127.0.0.1/"),
    ("base_url", 8),
    ("base_url", "https://api.8x8.com/analytics/work?x=1"),
    ("base_url", "https://api.8x8.com/analytics/work#x"),
    ("base_url", "https://api.8x8.com/analytics /work"),
    ("pbx_ids", ["  "]),
    ("start_date", "2026-1-5"),
    ("end_date", "2026-11-3"),
    ("reread_from", "2026-11-3"),
    ("reread_to", 7),
    ("personal_data", "encrypt"),
    ("window_end", "midnight"),
]


@pytest.mark.parametrize(("key", "value"), WRONG, ids=plain_id)
def test_a_wrong_value_is_refused_in_one_sentence_that_names_the_field(key: str, value: object) -> None:
    with pytest.raises(AirbyteTracedException) as refused:
        Settings.from_config(config(**{key: value}), NOW)
    message = str(refused.value)
    assert refused.value.failure_type is FailureType.config_error
    assert f"({key})" in message
    assert message.endswith(".")
    assert "\n" not in message
    assert "12345678" not in message, "a value that may be a secret is quoted"


ZONE = "The time zone (time_zone) must be an IANA name (case-sensitive), such as America/New_York, "
KEY = "k" * 16
SENTENCES = [
    ({"api_key": ""}, "The API key (api_key) is required and must be text."),
    ({"username": 5}, "The user name (username) is required and must be text."),
    ({"password": ...}, "The password (password) is required and must be text."),
    ({"password": "\ud800"}, "The password (password) contains an invalid character: re-enter it."),
    ({"time_zone": "Mars"}, f"{ZONE}Europe/London or UTC."),
    ({"time_zone": ["Paris"]}, f"{ZONE}Europe/London or UTC."),
    ({"time_zone": "paris"}, f"{ZONE}Europe/London or UTC (did you mean Europe/Paris?)."),
    (
        {"start_date": "soon"},
        "The start date (start_date) is not a valid date; use YYYY-MM-DD, such as 2025-01-31.",
    ),
    (
        {"end_date": "soon"},
        "The end date (end_date) is not a valid date; use YYYY-MM-DD, such as 2025-01-31.",
    ),
    (
        {"reread_from": "soon"},
        "The first day to read again (reread_from) is not a valid date; use YYYY-MM-DD, such as 2025-01-31.",
    ),
    (
        {"reread_to": "soon"},
        "The last day to read again (reread_to) is not a valid date; use YYYY-MM-DD, such as 2025-01-31.",
    ),
    ({"summary_window": "hour"}, "The summary window (summary_window) must be day, week or month."),
    ({"window_end": ""}, "The window end (window_end) must be last_second or next_midnight."),
    ({"personal_data": "no"}, "Personal data (personal_data) must be keep, hash or remove."),
    (
        {"personal_data": "hash", "personal_data_key": "\ud800" * 16},
        "The key for personal data (personal_data_key) contains an invalid character: re-enter it.",
    ),
    ({"only_finished_windows": 1}, "Completed windows only (only_finished_windows) must be true or false."),
    ({"lookback_days": 61}, "The lookback (lookback_days) must be a whole number from 0 to 60."),
    (
        {"num_workers": 1},
        "The number of concurrent requests (num_workers) must be a whole number from 2 to 20.",
    ),
]


@pytest.mark.parametrize(("changes", "sentence"), SENTENCES, ids=plain_id)
def test_a_refusal_calls_the_field_by_its_title(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConnectorError) as refused:
        Settings.from_config(config(**changes), NOW)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"reread_to": "2026-11-20"}, "reread_to requires reread_from"),
        ({"reread_from": "2026-11-20", "reread_to": "2026-11-19"}, "reread_to is before reread_from"),
        ({"reread_from": "2026-11-25"}, "reread_from is in the future"),
    ],
)
def test_a_range_to_read_again_that_is_not_one_is_refused(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConnectorError) as refused:
        Settings.from_config(config(**changes), NOW)
    assert str(refused.value) == messages.REREAD_RANGE_INVALID.text(problem=problem)


@pytest.mark.parametrize(
    ("changes", "first", "last"),
    [
        ({"reread_from": "2026-11-24"}, 24, 24),
        ({"reread_from": "2026-11-20", "reread_to": "2026-11-20"}, 20, 20),
        ({"reread_from": "2026-11-20", "reread_to": "2026-11-30"}, 20, 30),
    ],
)
def test_a_range_to_read_again_is_one_day_unless_it_has_a_last(
    changes: dict[str, Any], first: int, last: int
) -> None:
    settings = Settings.from_config(config(**changes), NOW)
    assert settings.reread_from == pendulum.date(2026, 11, first)
    assert settings.reread_to == pendulum.date(2026, 11, last)


@pytest.mark.parametrize("key", [..., 1234567890123456, "", f"  {KEY[1:]}  "])
def test_hashes_need_a_key_of_sixteen_characters(key: object) -> None:
    with pytest.raises(ConnectorError) as refused:
        Settings.from_config(config(personal_data="hash", personal_data_key=key), NOW)
    assert refused.value.problem is messages.PERSONAL_DATA_KEY_MISSING


@pytest.mark.parametrize(("personal_data", "key"), [("hash", KEY), ("keep", ""), ("remove", "")])
def test_a_key_is_used_for_hashes_only(personal_data: str, key: str) -> None:
    settings = Settings.from_config(config(personal_data=personal_data, personal_data_key=f" {KEY}\n"), NOW)
    assert (settings.personal_data, settings.personal_data_key) == (personal_data, key)


def test_defaults() -> None:
    assert Settings.from_config(config(pbx_ids=..., start_date=...), NOW) == Settings(
        api_key="unit-test-key-0123456789",
        username="reports@acme.example",
        password="unit-test-päss&=+%wörd",
        time_zone="America/New_York",
        pbx_ids=("allpbxes",),
        start_date=None,
        end_date=None,
        summary_window="day",
        only_finished_windows=False,
        lookback_days=2,
        num_workers=4,
        reread_from=None,
        reread_to=None,
        personal_data="keep",
        personal_data_key="",
        window_end="last_second",
        base_url="https://api.8x8.com/analytics/work",
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("lookback_days", days) for days in (0, 60)),
        *(("num_workers", workers) for workers in (2, 20)),
        *(("window_end", end) for end in ("last_second", "next_midnight")),
        *(("summary_window", window) for window in ("day", "week", "month")),
        ("only_finished_windows", True),
        ("base_url", "http://127.0.0.1:8080/XX"),
        ("base_url", "http://[::1]"),
    ],
)
def test_a_value_within_its_limits_is_taken_as_it_is(key: str, value: object) -> None:
    assert getattr(Settings.from_config(config(**{key: value}), NOW), key) == value


@pytest.mark.parametrize(
    ("changes", "warnings"),
    [
        ({"start_date": ..., "__airbyte_internal": 1}, []),
        ({"start_date": "2024-11-24", "end_date": "2024-11-24"}, []),
        ({"start_date": "2024-11-23"}, [messages.START_TOO_EARLY.text(oldest="2024-11-24")]),
        (
            {"start_date": ..., "end_date": "2024-11-23"},
            [messages.NOTHING_TO_READ.text(end_date="2024-11-23", oldest="2024-11-24")],
        ),
        ({"lookback": 3, "pbx_names": []}, [messages.UNKNOWN_KEYS.text(keys="lookback, pbx_names")]),
        (
            {"time_zone": "EST"},
            [messages.ZONE_WITHOUT_SUMMER.text(zone="EST", observing="America/New_York")],
        ),
    ],
)
def test_values_that_are_probably_not_meant_are_warnings(
    caplog: pytest.LogCaptureFixture, changes: dict[str, Any], warnings: list[str]
) -> None:
    written = config(**changes)
    log_warnings(written, Settings.from_config(written, NOW), pendulum.date(2024, 11, 24))
    assert caplog.messages == warnings


def test_values_that_are_right() -> None:
    settings = Settings.from_config(
        config(
            pbx_ids=[" acmecorp ", "Acme Zürich"],
            start_date="2026-11-24",
            end_date="",
            lookback_days=0.0,
            base_url="http://localhost:80/x/",
            extra="is allowed",
        ),
        NOW,
    )
    assert settings.pbx_ids == ("acmecorp", "Acme Zürich")
    assert settings.start_date == pendulum.date(2026, 11, 24)
    assert settings.lookback_days == 0
    assert settings.base_url == "http://localhost:80/x"
    assert Settings.from_config(config(pbx_ids=["AllPbxes"]), NOW).pbx_ids == ("allpbxes",)


def test_a_range_may_be_one_day_long() -> None:
    settings = Settings.from_config(config(start_date="2026-11-20", end_date="2026-11-20"), NOW)
    assert settings.start_date == settings.end_date == pendulum.date(2026, 11, 20)


def test_the_start_date_may_be_today_in_the_customers_zone() -> None:
    late = pendulum.datetime(2026, 11, 24, 23, 30, tz="UTC")
    assert Settings.from_config(config(time_zone="Asia/Tokyo", start_date="2026-11-25"), late).start_date


def test_links_and_utc_are_zones() -> None:
    assert {"Canada/Eastern", "UTC", "Asia/Calcutta", "Pacific/Apia"} <= TIME_ZONES


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = sorted({key for key, _ in WRONG})


@given(st.dictionaries(st.sampled_from(KEYS), json_values))
def test_any_json_is_either_settings_or_one_sentence(changes: dict[str, object]) -> None:
    try:
        settings = Settings.from_config(config(**changes), NOW)
    except AirbyteTracedException as refused:
        assert refused.failure_type is FailureType.config_error
        assert any(f"({key})" in str(refused) for key in KEYS)
    else:
        assert hash(settings) == hash(Settings.from_config(config(**changes), NOW))


def test_secrets_are_not_in_the_settings_repr() -> None:
    text = repr(Settings.from_config(config(), NOW))
    for secret in (config()["api_key"], config()["password"], config()["username"]):
        assert secret not in text
