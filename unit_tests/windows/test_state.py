"""What Airbyte keeps for a stream: read, written, and compared with the configuration."""

from typing import Any

import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.windows.state import HOW_TO_RELOAD, PbxState, SavedState

BLOB = {
    "use_global_cursor": False,
    "states": [{"partition": {"pbx_id": "acmecorp"}, "cursor": {"report_date": "2026-11-22"}}],
    "settings": {"time_zone": "America/New_York", "summary_window": "day"},
}


ENTRY: dict[str, Any] = BLOB["states"][0]  # type: ignore[index]


def mark(saved: SavedState, pbx_id: str) -> pendulum.Date | None:
    found = saved.get(pbx_id)
    return found.mark if found else None


def test_it_is_read_and_written_as_the_design_says() -> None:
    saved = SavedState.load("extension_summary", BLOB)
    assert mark(saved, "acmecorp") == pendulum.date(2026, 11, 22)
    assert mark(saved, "ACMECORP") == pendulum.date(2026, 11, 22)
    assert saved.get("other") is None
    assert saved.dump() == BLOB


def test_the_case_of_a_name_in_the_state_does_not_matter() -> None:
    saved = SavedState({"AcmeCorp": PbxState(pendulum.date(2026, 11, 22))})
    assert mark(saved, "acmecorp") == pendulum.date(2026, 11, 22)


def test_a_pbx_keeps_one_entry_regardless_of_case() -> None:
    saved = SavedState.load("extension_summary", BLOB)
    saved.put("AcmeCorp", PbxState(pendulum.date(2026, 11, 23)))
    saved.put("beta", PbxState(pendulum.date(2026, 1, 1)))
    assert [entry["partition"]["pbx_id"] for entry in saved.dump()["states"]] == ["AcmeCorp", "beta"]
    assert mark(saved, "acmecorp") == pendulum.date(2026, 11, 23)


@pytest.mark.parametrize("names", [("acmecorp", "AcmeCorp"), ("AcmeCorp", "acmecorp")])
@pytest.mark.parametrize("days", [("2026-11-22", "2026-11-20"), ("2026-11-20", "2026-11-22")])
def test_of_two_spellings_of_a_pbx_the_earlier_mark_counts(
    names: tuple[str, str], days: tuple[str, str]
) -> None:
    entries = [
        {"partition": {"pbx_id": name}, "cursor": {"report_date": day}}
        for name, day in zip(names, days, strict=True)
    ]
    saved = SavedState.load("extension_summary", {**BLOB, "states": entries})
    assert mark(saved, "acmecorp") == pendulum.date(2026, 11, 20)
    assert len(saved.pbxes) == 1


def test_a_corrected_state_keeps_the_name_that_it_was_saved_with() -> None:
    saved = SavedState.load("extension_summary", BLOB)
    saved.correct("AcmeCorp", PbxState(pendulum.date(2026, 11, 20)))
    assert saved.pbxes == {"acmecorp": PbxState(pendulum.date(2026, 11, 20))}


def test_since_is_kept_where_it_is_known() -> None:
    entry = {**ENTRY, "since": "2026-01-01"}
    saved = SavedState.load("extension_summary", {**BLOB, "states": [entry]})
    assert saved.get("acmecorp") == PbxState(pendulum.date(2026, 11, 22), pendulum.date(2026, 1, 1))
    assert saved.dump()["states"] == [entry]
    nothing = {**entry, "since": None}
    assert SavedState.load("extension_summary", {**BLOB, "states": [nothing]}).dump() == BLOB


def test_the_id_of_a_pbx_is_kept_where_it_is_known() -> None:
    entry = {**ENTRY, "id": "1001"}
    saved = SavedState.load("queue_calls", {**BLOB, "states": [entry]})
    assert saved.get("acmecorp") == PbxState(pendulum.date(2026, 11, 22), id="1001")
    assert saved.dump()["states"] == [entry]
    assert SavedState.load("queue_calls", {**BLOB, "states": [{**entry, "id": None}]}).dump() == BLOB


def test_the_range_that_was_read_again_is_kept() -> None:
    entry = {**ENTRY, "since": "2026-01-01", "reread": ["2026-03-09", "2026-03-15"]}
    saved = SavedState.load("extension_summary", {**BLOB, "states": [entry]})
    days = (pendulum.date(2026, 3, 9), pendulum.date(2026, 3, 15))
    state = saved.get("acmecorp")
    assert state
    assert state.reread == days
    assert saved.dump()["states"] == [entry]
    assert (
        SavedState.load("extension_summary", {**BLOB, "states": [{**ENTRY, "reread": None}]}).dump() == BLOB
    )


def test_names_are_compared_in_one_form_of_accents() -> None:
    """An accent is one character, or a letter and a combining one; blanks around a name do not count."""
    saved = SavedState({"Caf\u00e9": PbxState(pendulum.date(2026, 11, 22))})
    assert saved.get("cafe\u0301 ") == saved.get("Caf\u00e9")
    saved.put("CAFE\u0301", PbxState(pendulum.date(2026, 11, 23)))
    assert [entry["cursor"]["report_date"] for entry in saved.dump()["states"]] == ["2026-11-23"]
    saved.drop("caf\u00e9")
    assert saved.dump()["states"] == []
    assert saved.get("Caf\u00e9") is None


def test_a_pbx_that_is_not_there_can_be_dropped() -> None:
    saved = SavedState.load("extension_summary", BLOB)
    saved.drop("beta")
    assert saved.dump() == BLOB


def test_a_pbx_can_come_back_after_it_was_dropped() -> None:
    saved = SavedState.load("extension_summary", BLOB)
    saved.drop("acmecorp")
    saved.put("acmecorp", PbxState(pendulum.date(2026, 1, 1)))
    assert mark(saved, "ACMECORP") == pendulum.date(2026, 1, 1)


def test_a_dump_does_not_change_with_the_state() -> None:
    saved = SavedState.load("extension_summary", BLOB)
    dumped = saved.dump()
    saved.settings["time_zone"] = "UTC"
    saved.put("beta", PbxState(pendulum.date(2026, 1, 1)))
    assert dumped == BLOB


def test_nothing_saved_is_an_empty_state() -> None:
    assert SavedState.load("extension_summary", {}).dump()["states"] == []


@pytest.mark.parametrize("name", ["time_zone", "summary_window"])
def test_other_settings_are_rejected_with_both_values_and_both_ways_out(name: str) -> None:
    saved = SavedState.load("extension_summary", BLOB)
    now = {**saved.settings, name: "something-else"}
    with pytest.raises(ConnectorError) as caught:
        saved.check_compatible("extension_summary", now)
    assert caught.value.problem is messages.SETTING_CHANGED
    parts = ("extension_summary", name, saved.settings[name], "something-else", HOW_TO_RELOAD)
    assert all(part in str(caught.value) for part in parts)
    saved.check_compatible("extension_summary", dict(saved.settings))


def test_another_name_of_the_same_zone_is_accepted() -> None:
    saved = SavedState(settings={"time_zone": "US/Eastern", "summary_window": "day"})
    saved.check_compatible("extension_summary", BLOB["settings"])  # type: ignore[arg-type]


def test_only_zones_have_several_names() -> None:
    saved = SavedState(settings={"summary_window": "US/Eastern"})
    with pytest.raises(ConnectorError):
        saved.check_compatible("extension_summary", {"summary_window": "America/New_York"})


def test_a_setting_that_was_saved_empty_is_not_a_missing_one() -> None:
    with pytest.raises(ConnectorError):
        SavedState(settings={"time_zone": ""}).check_compatible("extension_summary", {"time_zone": "UTC"})


def test_state_without_settings_is_accepted() -> None:
    saved = SavedState.load("extension_summary", {"states": BLOB["states"]})
    saved.check_compatible("extension_summary", {"time_zone": "UTC", "summary_window": "day"})


def test_other_settings_are_rejected_before_any_window_has_ended() -> None:
    """A window that is still open has no mark, but it has rows."""
    saved = SavedState.load("extension_summary", {**BLOB, "states": []})
    with pytest.raises(ConnectorError) as caught:
        saved.check_compatible(
            "extension_summary", {"time_zone": "America/New_York", "summary_window": "month"}
        )
    assert caught.value.problem is messages.SETTING_CHANGED


@pytest.mark.parametrize(
    "blob",
    [
        {"report_date": "2026-11-22"},
        {"states": None},
        {"states": "x"},
        {"states": [{}]},
        {"states": [{"partition": {"pbx_id": "a"}, "cursor": {"report_date": "soon"}}]},
        {"states": [{"partition": {"pbx_id": "a"}, "cursor": {"report_date": 20261122}}]},
        {"states": [{**ENTRY, "since": "once"}]},
        {"states": [{**ENTRY, "since": ""}]},
        {"states": [{**ENTRY, "id": 1001}]},
        {"states": [{**ENTRY, "reread": "2026-03-09"}]},
        {"states": [{**ENTRY, "reread": ["2026-03-09"]}]},
        {"states": [{**ENTRY, "reread": ["2026-03-09", None]}]},
        {"states": [{**ENTRY, "reread": ["2026-03-09", "2026-03-10", "2026-03-11"]}]},
        {"states": [{**ENTRY, "reread": []}]},
        {"states": [{"partition": {"pbx_id": 1}, "cursor": {"report_date": "2026-11-22"}}]},
        {"states": [], "settings": "UTC"},
        {"states": [], "settings": {"time_zone": 1}},
        {"__ab_no_cursor_state_message": True},
    ],
    ids=repr,
)
def test_a_state_of_another_shape_is_rejected_in_a_sentence(blob: dict[str, Any]) -> None:
    with pytest.raises(ConnectorError) as caught:
        SavedState.load("extension_summary", blob)
    assert caught.value.problem is messages.STATE_INVALID
    assert str(caught.value) == messages.STATE_INVALID.text(stream="extension_summary", reload=HOW_TO_RELOAD)


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
            st.sampled_from(
                ["states", "partition", "pbx_id", "cursor", "report_date", "since", "id", "reread"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["states", "settings", "x"]), json_values))
def test_any_state_is_read_or_rejected(blob: dict[str, Any]) -> None:
    try:
        SavedState.load("extension_summary", blob).dump()
    except ConnectorError as error:
        assert error.problem is messages.STATE_INVALID
