from typing import Any

import pendulum
import pytest
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from hypothesis import given
from hypothesis import strategies as st

from source_8x8_work_analytics.windows.state import HOW_TO_RELOAD, PbxState, SavedState

BLOB = {
    "use_global_cursor": False,
    "states": [{"partition": {"pbx_id": "acmecorp"}, "cursor": {"report_date": "2026-11-22"}}],
    "settings": {"time_zone": "America/New_York", "summary_window": "day"},
}


def mark(saved: SavedState, pbx_id: str) -> pendulum.Date | None:
    found = saved.get(pbx_id)
    return found.mark if found else None


def test_it_is_read_and_written_as_the_design_says() -> None:
    saved = SavedState.load("extension_summary", BLOB)
    assert mark(saved, "acmecorp") == pendulum.date(2026, 11, 22)
    assert mark(saved, "ACMECORP") == pendulum.date(2026, 11, 22)
    assert saved.get("other") is None
    assert saved.dump() == BLOB


def test_capitals_in_the_state_do_not_matter_either() -> None:
    saved = SavedState({"AcmeCorp": PbxState(pendulum.date(2026, 11, 22))})
    assert mark(saved, "acmecorp") == pendulum.date(2026, 11, 22)


def test_a_pbx_keeps_one_entry_whatever_its_capitals() -> None:
    saved = SavedState.load("extension_summary", BLOB)
    saved.put("AcmeCorp", PbxState(pendulum.date(2026, 11, 23)))
    saved.put("beta", PbxState(pendulum.date(2026, 1, 1)))
    assert [entry["partition"]["pbx_id"] for entry in saved.dump()["states"]] == ["AcmeCorp", "beta"]
    assert mark(saved, "acmecorp") == pendulum.date(2026, 11, 23)


def test_since_is_kept_where_it_is_known() -> None:
    entry = {**BLOB["states"][0], "since": "2026-01-01"}  # type: ignore[index]
    saved = SavedState.load("extension_summary", {**BLOB, "states": [entry]})
    assert saved.get("acmecorp") == PbxState(pendulum.date(2026, 11, 22), pendulum.date(2026, 1, 1))
    assert saved.dump()["states"] == [entry]
    nothing = {**entry, "since": None}
    assert SavedState.load("extension_summary", {**BLOB, "states": [nothing]}).dump() == BLOB


def test_a_dump_does_not_change_with_the_state() -> None:
    saved = SavedState.load("extension_summary", BLOB)
    dumped = saved.dump()
    saved.settings["time_zone"] = "UTC"
    saved.put("beta", PbxState(pendulum.date(2026, 1, 1)))
    assert dumped == BLOB


def test_nothing_saved_is_an_empty_state() -> None:
    assert SavedState.load("extension_summary", {}).dump()["states"] == []


@pytest.mark.parametrize("name", ["time_zone", "summary_window"])
def test_other_settings_are_refused_with_both_values_and_both_ways_out(name: str) -> None:
    saved = SavedState.load("extension_summary", BLOB)
    now = {**saved.settings, name: "something-else"}
    with pytest.raises(AirbyteTracedException) as refused:
        saved.check_compatible("extension_summary", now)
    message = str(refused.value)
    assert all(part in message for part in (name, saved.settings[name], "something-else", "refresh"))
    saved.check_compatible("extension_summary", dict(saved.settings))


def test_state_without_settings_is_accepted() -> None:
    saved = SavedState.load("extension_summary", {"states": BLOB["states"]})
    saved.check_compatible("extension_summary", {"time_zone": "UTC", "summary_window": "day"})


def test_other_settings_are_refused_before_any_window_has_ended() -> None:
    """A window that is still open has no mark, but it has rows."""
    saved = SavedState.load("extension_summary", {**BLOB, "states": []})
    with pytest.raises(AirbyteTracedException, match="was read with summary_window day"):
        saved.check_compatible(
            "extension_summary", {"time_zone": "America/New_York", "summary_window": "month"}
        )


@pytest.mark.parametrize(
    "blob",
    [
        {"report_date": "2026-11-22"},
        {"states": None},
        {"states": "x"},
        {"states": [{}]},
        {"states": [{"partition": {"pbx_id": "a"}, "cursor": {"report_date": "soon"}}]},
        {"states": [{"partition": {"pbx_id": "a"}, "cursor": {"report_date": 20261122}}]},
        {"states": [{**BLOB["states"][0], "since": "once"}]},  # type: ignore[index]
        {"states": [{"partition": {"pbx_id": 1}, "cursor": {"report_date": "2026-11-22"}}]},
        {"states": [], "settings": "UTC"},
        {"states": [], "settings": {"time_zone": 1}},
        {"__ab_no_cursor_state_message": True},
    ],
    ids=repr,
)
def test_a_state_of_another_shape_is_refused_in_a_sentence(blob: dict[str, Any]) -> None:
    with pytest.raises(AirbyteTracedException, match=r"saved state of extension_summary .* refresh"):
        SavedState.load("extension_summary", blob)


@pytest.mark.parametrize(
    ("mark", "since", "mark_after", "since_after"),
    [
        ("2026-11-22", "2026-11-01", "2026-11-20", "2026-11-03"),
        ("2026-03-01", None, "2026-02-27", None),
        ("1970-01-01", "9000-01-01", "1969-12-30", "9000-01-03"),
        ("1969-12-31", "9000-01-02", "1969-12-30", "9000-01-03"),
        ("0001-01-01", "9999-12-31", "1969-12-30", "9000-01-03"),
    ],
)
def test_days_are_taken_off_either_end(
    mark: str, since: str | None, mark_after: str, since_after: str | None
) -> None:
    other = {"partition": {"pbx_id": "other"}, "cursor": {"report_date": "2026-11-10"}}
    entry = {"partition": {"pbx_id": "acme"}, "cursor": {"report_date": mark}}
    found = SavedState.load("calls", {"states": [{**entry, "since": since} if since else entry, other]})
    found.narrow(2)
    acme, also = found.dump()["states"]
    assert (acme["cursor"]["report_date"], acme.get("since")) == (mark_after, since_after)
    assert also["cursor"]["report_date"] == "2026-11-08"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["states", "partition", "pbx_id", "cursor", "report_date", "settings"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["states", "settings", "x"]), json_values))
def test_any_state_is_read_or_refused(blob: dict[str, Any]) -> None:
    try:
        SavedState.load("extension_summary", blob).dump()
    except AirbyteTracedException as refused:
        assert HOW_TO_RELOAD in str(refused)
