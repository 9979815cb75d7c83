"""Questions and findings, and their output for people and programs."""

import importlib.util
import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from io import StringIO
from typing import Any, ClassVar, Literal

from source_8x8_work_analytics import __version__
from source_8x8_work_analytics.doctor.observations import Observations, Request, Unsettled
from source_8x8_work_analytics.messages import counted

Verdict = Literal["holds", "contradicted", "unknown"]
VERDICTS: tuple[Verdict, ...] = ("contradicted", "unknown", "holds")
"""In the order of the table."""
NOT_UNDERSTOOD = "the responses have a format that the doctor does not understand"
REPORT_THIS = "Report this."
FIXED_WIDTHS = {"question": 20, "verdict": len("contradicted")}
"""Characters of two columns of the table, so that ids and verdicts stay whole."""
RATIOS = {"assumed": 3, "seen": 4, "evidence": 5, "what to do": 5}
"""Widths of the others, in relation to each other."""
LEAST_WIDTH = 100
"""Of a terminal for a table: in a narrower one, text is easier to read."""
INDENT = 13


@dataclass(frozen=True)
class Outcome:
    """What was found for a question. If the verdict is `unknown`, `evidence` is the reason."""

    seen: str
    verdict: Verdict
    evidence: str
    advice: str = ""


class Question:
    """A question about an account. Everything about it is in its class, whose docstring is its text.

    Args:
        id: its fixed name.
        assumed: what the connector assumes, in one word; empty if it assumes nothing.
        needs_calls: whether it concerns a PBX with calls.
        phase: when its requests are sent: after all requests of lower phases.
    """

    def __init_subclass__(
        cls,
        id: str = "",  # noqa: A002
        assumed: str = "",
        needs_calls: bool = True,
        phase: int = 0,
    ) -> None:
        cls.id, cls.assumed, cls.needs_calls, cls.phase = id, assumed, needs_calls, phase

    id: ClassVar[str]
    assumed: ClassVar[str]
    needs_calls: ClassVar[bool]
    phase: ClassVar[int]

    def requests(self, seen: Observations) -> list[Request]:
        """Return the requests that it needs and that can be determined from the replies so far."""
        first = seen.first_requests()
        ready = seen.has(first) and not (self.needs_calls and seen.no_calls())
        return [*first, *filter(None, self._requests(seen))] if ready else first

    def judge(self, seen: Observations) -> Outcome:
        """Return what was found."""
        try:
            if self.needs_calls and (reason := seen.no_calls()):
                raise Unsettled(reason)
            return self._judge(seen)
        except Unsettled as open_:
            return Outcome("", "unknown", str(open_), open_.advice)
        except Exception as error:  # rows in an unexpected format must not affect the other questions
            return Outcome("", "unknown", f"{NOT_UNDERSTOOD} ({type(error).__name__})", REPORT_THIS)

    def _requests(self, _: Observations) -> Sequence[Request | None]:
        """Return what it needs beyond the first requests; called again after each round of requests."""
        return ()

    def _judge(self, seen: Observations) -> Outcome:
        """Return what was found, or raise `Unsettled`."""
        raise NotImplementedError

    def assumption(self, _: Observations) -> str:
        """Return what the connector assumes with these settings."""
        return self.assumed

    def compared(self, seen: str, evidence: str, advice: str = "") -> Outcome:
        """Return the outcome of a question with a one-word result: it holds if that was assumed."""
        holds = seen == self.assumed
        return Outcome(seen, "holds" if holds else "contradicted", evidence, "" if holds else advice)


@dataclass(frozen=True)
class Finding:
    """A question with what was found."""

    id: str
    question: str
    assumed: str
    seen: str
    verdict: Verdict
    evidence: str
    advice: str


def findings(questions: Sequence[Question], seen: Observations) -> list[Finding]:
    """Return what was found for each question."""
    return [Finding(q.id, str(q.__doc__), q.assumption(seen), **vars(q.judge(seen))) for q in questions]


def as_json(found: Sequence[Finding], started_at: datetime, requests: int) -> str:
    """Return the findings for a program, or to paste into an issue."""
    content: dict[str, Any] = {
        "connector": __version__,
        "asked_at": started_at.isoformat(),
        "requests": requests,
        "findings": [asdict(finding) for finding in found],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def ordered(found: Sequence[Finding]) -> list[Finding]:
    """Return the findings for a person, contradicted ones first."""
    return sorted(found, key=lambda finding: VERDICTS.index(finding.verdict))


def as_table(found: Sequence[Finding], width: int) -> str:
    """Return the findings for a terminal: as a table if rich is installed and it fits, or as plain text."""
    fits = width >= LEAST_WIDTH and importlib.util.find_spec("rich")
    return _table(found, width) if fits else as_text(found, width)


def _table(found: Sequence[Finding], width: int) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.ROUNDED, show_lines=True, expand=True)
    for name in ("question", "assumed", "seen", "verdict", "evidence", "what to do"):
        table.add_column(name, ratio=RATIOS.get(name), width=FIXED_WIDTHS.get(name), overflow="fold")
    for finding in found:
        question = f"{finding.id}\n{finding.question}"
        rest = (finding.assumed, finding.seen, finding.verdict, finding.evidence, finding.advice)
        table.add_row(*map(Text, (question, *rest)))
    out = StringIO()
    Console(file=out, width=width, color_system=None).print(table)
    return out.getvalue()


def as_text(found: Sequence[Finding], width: int) -> str:
    """Return the findings as indented text."""
    lines = []
    for finding in found:
        head = f"{finding.verdict.upper():{INDENT}}"
        lines += _indented(f"{finding.id}: {finding.question}", head, width)
        parts = {"assumed": finding.assumed, "seen": finding.seen, "evidence": finding.evidence}
        for name, text in {**parts, "what to do": finding.advice}.items():
            lines += _indented(f"{name}: {text}", " " * INDENT, width) if text else []
    return "\n".join(lines) + "\n"


def _indented(text: str, indent: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=" " * len(indent))


def closing(found: Sequence[Finding], requests: int, estimate: str, width: int) -> str:
    """Return the end of the output: what to do, how long a first load takes, and the counts."""
    advice = list(dict.fromkeys(finding.advice for finding in found if finding.advice))
    lines = ["Do this:"] if advice else []
    for place, text in enumerate(advice, 1):
        lines += _indented(text, f"{place:3}. ", width)
    lines += _indented(estimate, "", width)
    words = {"holds": "hold", "contradicted": "contradicted", "unknown": "unknown"}
    counts = [f"{sum(one.verdict == verdict for one in found)} {word}" for verdict, word in words.items()]
    return "\n".join([*lines, f"{', '.join(counts)}; {counted(requests, 'request')}."]) + "\n"
