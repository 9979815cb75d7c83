"""What becomes of one question: its requests, its outcome, and its lines in the output."""

from collections.abc import Sequence

import pytest

from source_8x8_work_analytics import __version__
from source_8x8_work_analytics.doctor.findings import (
    Finding,
    Outcome,
    Question,
    as_json,
    as_table,
    as_text,
    closing,
    findings,
)
from source_8x8_work_analytics.doctor.observations import (
    NO_CALLS,
    Observations,
    Request,
    Unsettled,
    list_request,
)
from testing.builders import settings
from unit_tests.conftest import NOW
from unit_tests.doctor.observed import account

OWN = Request("call_legs", "own")


class Settled(Question, id="settled", assumed="yes"):
    """Is it settled?"""

    def _requests(self, seen: Observations) -> Sequence[Request | None]:
        assert seen.replies
        return [None, OWN]

    def _judge(self, seen: Observations) -> Outcome:
        return self.compared(f"{len(seen.replies)} replies", "the evidence", "the advice")


class WithoutCalls(Settled, id="without_calls", needs_calls=False):
    """Does it need no calls?"""


class Open(Question, id="open"):
    """Is it open?"""

    def _judge(self, _: Observations) -> Outcome:
        raise Unsettled("the reason", "the advice")


class Broken(Question, id="broken"):
    """Is it broken?"""

    def _judge(self, _: Observations) -> Outcome:
        raise KeyError("a private name")


def test_a_question_is_about_calls_and_assumes_nothing_unless_it_says_so() -> None:
    class Plain(Question):
        """Is it plain?"""

    assert (Plain.id, Plain.assumed, Plain.needs_calls, Plain.phase) == ("", "", True, 0)


@pytest.mark.parametrize(
    ("question", "calls", "own"),
    [(Settled, 3, [OWN]), (Settled, 0, []), (WithoutCalls, 0, [OWN]), (Open, 3, [])],
)
def test_a_question_about_calls_sends_requests_only_if_there_are_some(
    question: type[Question], calls: int, own: list[Request]
) -> None:
    seen = account(calls)
    assert question().requests(seen) == [*seen.replies, *own]


@pytest.mark.parametrize("question", [Settled, WithoutCalls])
def test_the_first_requests_come_first(question: type[Question]) -> None:
    assert question().requests(Observations(settings(), NOW)) == [list_request("pbxes")]


@pytest.mark.parametrize(
    ("question", "calls", "outcome"),
    [
        (Settled, 3, Outcome("2 replies", "contradicted", "the evidence", "the advice")),
        (Settled, 0, Outcome("", "unknown", NO_CALLS, "")),
        (WithoutCalls, 0, Outcome("2 replies", "contradicted", "the evidence", "the advice")),
        (Open, 3, Outcome("", "unknown", "the reason", "the advice")),
        (
            Broken,
            3,
            Outcome(
                "",
                "unknown",
                "the responses have a format that the doctor does not understand (KeyError)",
                "Report this.",
            ),
        ),
    ],
)
def test_the_outcome_of_a_question(question: type[Question], calls: int, outcome: Outcome) -> None:
    assert question().judge(account(calls)) == outcome


def test_advice_is_given_only_where_the_assumption_does_not_hold() -> None:
    assert Settled().compared("yes", "seen") == Outcome("yes", "holds", "seen", "")
    assert Settled().compared("yes", "seen", "Do it.") == Outcome("yes", "holds", "seen", "")
    assert Settled().compared("no", "seen") == Outcome("no", "contradicted", "seen", "")


def test_a_finding_is_the_question_with_its_outcome() -> None:
    assert findings([Settled(), Open()], account()) == [
        Finding(
            "settled", "Is it settled?", "yes", "2 replies", "contradicted", "the evidence", "the advice"
        ),
        Finding("open", "Is it open?", "", "", "unknown", "the reason", "the advice"),
    ]


FOUND = [
    Finding(
        "one", "Is the first one right?", "yes", "no", "contradicted", "seen in Zürich", "Change a setting."
    ),
    Finding("two", "Is it?", "", "yes", "holds", "a-word-of-twenty-four-letters and more", ""),
    Finding("three", "What?", "", "", "unknown", "no calls", "Run it again."),
]


def test_findings_for_a_program() -> None:
    assert (
        as_json(FOUND[:1], NOW, 57)
        == f"""{{
  "connector": "{__version__}",
  "asked_at": "2026-11-24T15:30:00+00:00",
  "requests": 57,
  "findings": [
    {{
      "id": "one",
      "question": "Is the first one right?",
      "assumed": "yes",
      "seen": "no",
      "verdict": "contradicted",
      "evidence": "seen in Zürich",
      "advice": "Change a setting."
    }}
  ]
}}
"""
    )


def test_findings_as_text_are_indented_to_the_width_of_a_verdict() -> None:
    assert (
        as_text(FOUND, 35)
        == """\
CONTRADICTED one: Is the first one
             right?
             assumed: yes
             seen: no
             evidence: seen in
             Zürich
             what to do: Change a
             setting.
HOLDS        two: Is it?
             seen: yes
             evidence: a-word-of-
             twenty-four-letters
             and more
UNKNOWN      three: What?
             evidence: no calls
             what to do: Run it
             again.
"""
    )


def test_findings_as_a_table_of_the_least_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # the table can be pasted into an issue all the same
    assert (
        as_table(FOUND, 100)
        == """\
╭──────────────────────┬───────────┬──────────────┬──────────────┬────────────────┬────────────────╮
│ question             │ assumed   │ seen         │ verdict      │ evidence       │ what to do     │
├──────────────────────┼───────────┼──────────────┼──────────────┼────────────────┼────────────────┤
│ one                  │ yes       │ no           │ contradicted │ seen in Zürich │ Change a       │
│ Is the first one     │           │              │              │                │ setting.       │
│ right?               │           │              │              │                │                │
├──────────────────────┼───────────┼──────────────┼──────────────┼────────────────┼────────────────┤
│ two                  │           │ yes          │ holds        │ a-word-of-twen │                │
│ Is it?               │           │              │              │ ty-four-letter │                │
│                      │           │              │              │ s and more     │                │
├──────────────────────┼───────────┼──────────────┼──────────────┼────────────────┼────────────────┤
│ three                │           │              │ unknown      │ no calls       │ Run it again.  │
│ What?                │           │              │              │                │                │
╰──────────────────────┴───────────┴──────────────┴──────────────┴────────────────┴────────────────╯
"""
    )


def test_the_closing_is_indented_to_the_width_of_a_number() -> None:
    assert (
        closing(FOUND, 57, "A first load takes an hour.", 20)
        == """\
Do this:
  1. Change a
     setting.
  2. Run it again.
A first load takes
an hour.
1 hold, 1 contradicted, 1 unknown; 57 requests.
"""
    )
