"""The findings as JSON to pass on, and as a table to read."""

import importlib.util
import json
import textwrap
from dataclasses import asdict
from datetime import datetime
from io import StringIO
from typing import Any

from source_8x8_work_analytics.doctor.model import Finding
from source_8x8_work_analytics.version import __version__

COLUMNS = ("question", "assumed", "seen", "verdict", "what to do")


def as_json(findings: list[Finding], asked_at: datetime, requests: int) -> str:
    """Return the report."""
    content: dict[str, Any] = {
        "connector": __version__,
        "asked_at": asked_at.isoformat(),
        "requests": requests,
        "findings": [asdict(finding) for finding in findings],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def as_table(findings: list[Finding], width: int) -> str:
    """Return the findings for a terminal: drawn by rich if it is installed, as plain text if not."""
    if importlib.util.find_spec("rich"):
        return _drawn(findings, width)
    return plain(findings, width)


def _drawn(findings: list[Finding], width: int) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    styles = {"holds": "green", "contradicted": "bold red", "unknown": "yellow"}
    table = Table(box=box.ROUNDED, show_lines=True)
    for name, ratio in zip(COLUMNS, (4, 2, 2, 2, 5), strict=True):
        table.add_column(name, ratio=ratio, overflow="fold")
    for finding in findings:
        verdict = Text(finding.verdict, styles[finding.verdict])
        table.add_row(
            Text(f"{finding.question} [{finding.id}]"),
            Text(finding.assumed),
            Text(finding.seen),
            verdict,
            Text(_note(finding)),
        )
    out = StringIO()
    Console(file=out, width=width).print(table)
    return out.getvalue()


def plain(findings: list[Finding], width: int) -> str:
    """Return the findings as indented text."""
    lines = []
    for finding in findings:
        seen = f"assumed: {finding.assumed}; seen: {finding.seen or '-'}"
        lines += [f"{finding.verdict.upper():13}{finding.id}: {finding.question}"]
        lines += _indented(seen, width) + _indented(_note(finding), width)
    return "\n".join(lines) + "\n"


def _note(finding: Finding) -> str:
    return f"{finding.advice} ({finding.evidence})" if finding.advice else finding.evidence


def _indented(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=" " * 13, subsequent_indent=" " * 13)


def summary(findings: list[Finding], requests: int) -> str:
    """Return the last line for a person."""
    counts = [
        f"{sum(finding.verdict == verdict for finding in findings)} {words}"
        for verdict, words in (
            ("holds", "hold"),
            ("contradicted", "contradicted"),
            ("unknown", "unknown"),
        )
    ]
    return f"{', '.join(counts)}; {requests} requests."
