"""Which days are compared, what is found, and what is remembered for the next run."""

from dataclasses import replace
from typing import Any

import pytest

from source_8x8_work_analytics.doctor.findings import Outcome
from source_8x8_work_analytics.doctor.late_changes import AGAIN, LateChanges, Memory, PbxMemory
from source_8x8_work_analytics.doctor.observations import Observations, Reply, list_request
from testing.builders import settings
from unit_tests.conftest import NOW
from unit_tests.doctor.observed import account

EMPTY = Memory("bcdf")
OTHER_ACCOUNT = "the memory file belongs to another account, PBX or time zone, so a new one was started"


def day(back: int) -> str:
    return str(NOW.date().subtract(days=back))


def counted(answered: int) -> Reply:
    """Return a report in which the fields that add up are not in the order of their names."""
    row = {"PbxId": "acmecorp", "Extension": "1001", "Total_Answered": answered, "Inbound_Talk_Time": 60}
    return Reply(200, [{**row, "FirstName": "Ana"}])


def fingerprint(answered: int, salt: str = EMPTY.salt) -> str:
    sums = f"[('Inbound_Talk_Time', 60.0), ('Total_Answered', {answered}.0)]"
    return Memory(salt).fingerprint([f"('acmecorp', '1001') {sums}"])


def with_days(seen: Observations, replies: dict[int, Reply]) -> Observations:
    """Add the reports of days, by how many days ago they were."""
    seen.replies |= {
        seen.day_request(seen.today.subtract(days=back)): reply for back, reply in replies.items()
    }
    return seen


def remembered(counts: dict[int, int], days: int = 90) -> Memory:
    """Return the memory of a run on 24 November, from the answered calls of each day."""
    seen = with_days(account(), {back: counted(count) for back, count in counts.items()})
    memory = LateChanges(EMPTY, days).renewed(seen)
    assert memory
    return memory


def test_what_is_assumed_is_the_lookback() -> None:
    assert LateChanges().assumption(account(lookback_days=7)) == "at most 7 days back"


def test_completed_days_are_requested_for_a_memory_only() -> None:
    seen = account()
    first = list(seen.replies)
    asked = [seen.day_request(seen.today.subtract(days=back)) for back in range(1, 31)]
    assert LateChanges(EMPTY).requests(seen) == [*first, *asked]
    assert LateChanges(EMPTY, 2).requests(seen) == [*first, *asked[:2]]
    assert LateChanges(None, 2).requests(seen) == first


@pytest.mark.parametrize(
    ("memory", "reason", "advice"),
    [
        (None, "no memory file to compare with", f"{AGAIN} The first run creates the file."),
        (EMPTY, "this is the first run", AGAIN),
        (Memory("bcdf", {"pbx-2": PbxMemory("b", "2026-11-20")}), "this is the first run", AGAIN),
        (Memory("bcdf", {"pbx-1": PbxMemory("b", "2026-11-20")}), OTHER_ACCOUNT, AGAIN),
    ],
    ids=["no memory", "empty", "another PBX", "another account"],
)
def test_without_a_memory_of_the_pbx_the_question_is_open(
    memory: Memory | None, reason: str, advice: str
) -> None:
    seen = with_days(account(), {1: counted(1), 2: counted(1)})
    assert LateChanges(memory, 5).judge(seen) == Outcome("", "unknown", reason, advice)


def test_without_a_day_of_both_runs_the_question_is_open() -> None:
    seen = with_days(account(), {1: counted(1), 2: counted(1)})
    reason = "no day was read in both this run and the run of 2026-11-24"
    assert LateChanges(remembered({3: 1}), 5).judge(seen) == Outcome("", "unknown", reason, AGAIN)


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ([], Outcome("none", "holds", "")),
        ([1], Outcome("1 days back", "holds", "; changed: 1 days back")),
        ([1, 2], Outcome("2 days back", "holds", "; changed: 1, 2 days back")),
        (
            [2, 3],
            Outcome("3 days back", "contradicted", "; changed: 2, 3 days back", "Set lookback_days to 3."),
        ),
        (
            [60],
            Outcome("60 days back", "contradicted", "; changed: 60 days back", "Set lookback_days to 60."),
        ),
        (
            [61],
            Outcome(
                "61 days back",
                "contradicted",
                "; changed: 61 days back",
                "Set lookback_days to 60, the maximum.",
            ),
        ),
    ],
)
def test_the_oldest_changed_day_tells_the_lookback(changed: list[int], outcome: Outcome) -> None:
    before = remembered(dict.fromkeys((1, 2, 3, 60, 61), 5))
    replies = {back: counted(6 if back in changed else 5) for back in (1, 2, 3, 4, 60, 61)}
    expected = replace(outcome, evidence=f"5 days compared with the run of 2026-11-24{outcome.evidence}")
    assert LateChanges(before, 90).judge(with_days(account(lookback_days=2), replies)) == expected


def test_the_memory_has_the_days_that_were_read() -> None:
    replies = {1: counted(5), 2: Reply(500), 3: counted(7), 4: Reply(200, problem="cut"), 5: counted(9)}
    seen = with_days(account(), replies)
    memory = LateChanges(EMPTY, 4).renewed(seen)
    key = "unit-test-key-0123456789\nhttps://api.8x8.com/analytics/work\nAmerica/New_York\nacmecorp"
    days = {day(3): fingerprint(7), day(1): fingerprint(5)}
    entry = PbxMemory(EMPTY.fingerprint([key]), "2026-11-24T15:30:00+00:00", days)
    assert memory == Memory("bcdf", {"pbx-1": entry})
    assert memory
    assert list(memory.pbxes["pbx-1"].days) == [day(3), day(1)], "oldest first"


def test_the_memory_keeps_other_pbxs_and_ninety_days() -> None:
    other = PbxMemory("b", "2026-11-20", {"2026-11-01": "c"})
    first = remembered({1: 5})
    old = {day(90): "b", day(91): "c", day(1): "d"}
    first.pbxes |= {"pbx-1": replace(first.pbxes["pbx-1"], days=old), "pbx-2": other}
    memory = LateChanges(first, 4).renewed(with_days(account(), {1: counted(6), 2: counted(7)}))
    assert memory
    assert memory.pbxes["pbx-1"].days == {
        day(90): "b",
        day(2): fingerprint(7),
        day(1): fingerprint(6),
    }
    assert memory.pbxes["pbx-2"] == other


@pytest.mark.parametrize(
    "change",
    [
        {"api_key": "another-key"},
        {"time_zone": "America/Detroit"},
        {"base_url": "https://api.example"},
        {"pbx_ids": ["other"]},
    ],
)
def test_the_days_of_another_account_are_not_kept(change: dict[str, Any]) -> None:
    first = remembered({2: 5})
    memory = LateChanges(first, 4).renewed(with_days(account(**change), {1: counted(5)}))
    assert memory
    assert memory.pbxes["pbx-1"].account != first.pbxes["pbx-1"].account
    assert memory.pbxes["pbx-1"].days == {day(1): fingerprint(5)}


def test_nothing_is_remembered_without_a_memory_a_pbx_or_a_day() -> None:
    denied = Observations(settings(), NOW)
    denied.replies[list_request("pbxes")] = Reply(200)
    denied.replies[denied.week_request("extension_summary", "acmecorp")] = Reply(403)
    assert LateChanges().renewed(with_days(account(), {1: counted(5)})) is None
    assert LateChanges(EMPTY).renewed(with_days(denied, {1: counted(5)})) is None
    assert LateChanges(EMPTY).renewed(account()) is None
