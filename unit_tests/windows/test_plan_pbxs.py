"""PBXs whose id changed or that are gone, and personal data that is treated in another way than before."""

import pytest

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.windows.plan import Plan
from source_8x8_work_analytics.windows.state import SavedState
from testing.builders import settings
from unit_tests.conftest import NOW
from unit_tests.windows.planning import planned, state

SAVED = state("2026-11-20", "2026-11-01", id="1001")
ALL = 24
"""Windows of a PBX that is read anew."""


def test_the_same_id_resumes() -> None:
    found = planned(SAVED, pbx_id="1001")
    assert (found.progress.total, found.warnings) == (4, [])
    assert found.saved.get("acme") == SAVED


def test_another_id_behind_a_name_is_read_anew_with_one_warning() -> None:
    found = planned(SAVED, pbx_id="2002")
    assert found.progress.total == ALL
    assert found.says(messages.PBX_ID_CHANGED, name="acme", old="1001", new="2002")
    assert found.saved.get("acme") is None
    found.progress.record(found.progress.start(), True)
    assert found.progress.state == state("2026-11-01", "2026-11-01", id="2002")


def test_an_id_that_becomes_known_is_noted() -> None:
    """As in a state of 0.2.0, which has no ids."""
    found = planned(state("2026-11-20", "2026-11-01"), pbx_id="1001")
    assert (found.progress.total, found.warnings) == (4, [])
    assert found.saved.get("acme") == SAVED


def test_an_id_that_is_not_known_is_kept() -> None:
    """Of a PBX that is not listed anymore: should it come back with another id, that must be noticed."""
    found = planned(SAVED, pbx_id=None)
    assert (found.progress.total, found.warnings) == (4, [])
    assert found.saved.get("acme") == SAVED


def test_two_pbxs_that_swap_their_names_are_both_read_anew() -> None:
    saved = SavedState(
        {
            "a": state("2026-11-20", "2026-11-01", id="1001"),
            "b": state("2026-11-09", "2026-11-01", id="2002"),
        },
        {"time_zone": "America/New_York"},
    )
    chosen = settings(start_date="2026-11-01", pbx_ids=["a", "b"], lookback_days=0)
    plan = Plan("queue_calls", "day", False, saved, chosen, {}, NOW)
    ids = {"a": "2002", "b": "1001"}
    plan.check_settings(ids)
    assert [plan.progress_of(name, pbx_id).total for name, pbx_id in ids.items()] == [ALL, ALL]
    assert plan.warnings == [
        messages.PBX_ID_CHANGED.text(stream="queue_calls", name="a", old="1001", new="2002"),
        messages.PBX_ID_CHANGED.text(stream="queue_calls", name="b", old="2002", new="1001"),
    ]


def test_pbxs_that_are_gone_are_named_once_each() -> None:
    saved = SavedState(dict.fromkeys(("Alpha", "beta", "gamma"), SAVED))
    plan = Plan("queue_calls", "day", False, saved, settings(), {}, NOW)
    plan.warn_of_gone(["ALPHA", "delta"])
    assert plan.warnings == [
        messages.PBX_GONE.text(stream="queue_calls", name=name) for name in ("beta", "gamma")
    ]


HASHED = {"personal_data": "hash", "personal_data_key": "0123abcd"}
OTHER_KEY = {"personal_data": "hash", "personal_data_key": "4567cdef"}
REMOVED = {"personal_data": "remove"}
ZONE = {"time_zone": "America/New_York"}


@pytest.mark.parametrize("privacy", [{}, HASHED, REMOVED])
def test_the_same_privacy_is_no_warning(privacy: dict[str, str]) -> None:
    assert planned(privacy=privacy, saved_settings={**ZONE, **privacy}).warnings == []


@pytest.mark.parametrize(
    ("before", "now", "old", "new"),
    [
        ({}, HASHED, "keep", "hash"),
        (HASHED, {}, "hash", "keep"),
        (HASHED, REMOVED, "hash", "remove"),
        (REMOVED, {}, "remove", "keep"),
    ],
)
def test_another_treatment_of_personal_data_is_one_warning(
    before: dict[str, str], now: dict[str, str], old: str, new: str
) -> None:
    found = planned(privacy=now, saved_settings={**ZONE, **before})
    assert found.says(messages.HASHES_CHANGED, old=old, new=new)
    assert planned(privacy=now, saved_settings=found.row_settings).warnings == []


def test_another_key_is_one_warning() -> None:
    found = planned(privacy=OTHER_KEY, saved_settings={**ZONE, **HASHED})
    assert found.says(messages.HASH_KEY_CHANGED)
    assert planned(privacy=OTHER_KEY, saved_settings=found.row_settings).warnings == []


def test_a_first_sync_has_no_treatment_to_compare() -> None:
    assert planned(privacy=HASHED, saved_settings={}).warnings == []
