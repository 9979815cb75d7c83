import pendulum
import pytest
from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from hypothesis import given
from hypothesis import strategies as st

from source_8x8_work_analytics.settings import Settings
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


def test_defaults() -> None:
    settings = Settings.from_config(config(pbx_ids=..., start_date=...), NOW)
    assert settings.pbx_ids == ("allpbxes",)
    assert settings.start_date is None
    assert settings.end_date is None
    assert settings.summary_window == "day"
    assert settings.only_finished_windows is False
    assert settings.lookback_days == 2
    assert settings.num_workers == 4
    assert settings.base_url == "https://api.8x8.com/analytics/work"


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
