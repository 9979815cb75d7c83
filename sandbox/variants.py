"""Reports whose rows are others in some dialects."""

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial

from sandbox.calls import Call
from sandbox.company import Pbx
from sandbox.dialects import Dialect
from sandbox.summaries import company_summary, every_extension, extension_summary
from sandbox.wire import Row

Report = Callable[[Pbx, Iterable[Call]], list[Row]]

FORMER_DEPARTMENT = "Reception"


def in_dialect(report: Report, dialect: Dialect) -> Report:
    """Return a report as a dialect has it."""
    if report is extension_summary:
        summary = every_extension if dialect.zero_rows == "yes" else extension_summary
        return partial(_with_key_twice, summary) if dialect.one_row_per_key == "yes" else summary
    if report is company_summary and dialect.company_sides == "yes":
        return _with_sides
    return report


def _with_key_twice(report: Report, pbx: Pbx, calls: Iterable[Call]) -> list[Row]:
    """Split the row of the busiest extension in two, each with a department and half of the calls."""
    all_calls = list(calls)
    counts = Counter(number for call in all_calls for number in (call.caller, call.callee) if number)
    number, count = max(sorted(counts.items()), key=lambda item: item[1], default=("", 0))
    rows = report(pbx, all_calls)
    if count < 2:
        return rows
    own = [call for call in all_calls if number in (call.caller, call.callee)]
    parts = [_row_of(number, pbx, half) for half in (own[: count // 2], own[count // 2 :])]
    parts[0]["Department"] = FORMER_DEPARTMENT
    place = next(i for i, row in enumerate(rows) if row["Extension"] == number)
    return [*rows[:place], *parts, *rows[place + 1 :]]


def _row_of(number: str, pbx: Pbx, calls: Iterable[Call]) -> Row:
    return next(row for row in extension_summary(pbx, calls) if row["Extension"] == number)


def _with_sides(pbx: Pbx, calls: Iterable[Call]) -> list[Row]:
    return [{**row, **_sides(row)} for row in company_summary(pbx, calls)]


def _sides(row: Row) -> Row:
    """Return the counts by side of a company summary; each internal call is received and placed."""
    outcomes = ("Total", "Answered", "Abandoned", "Missed")
    inbound = {f"externalInbound{name}": row[f"inbound{name}"] for name in outcomes}
    outbound = {f"externalOutbound{name}": row[f"outbound{name}"] for name in outcomes[:3]}
    inside = {name: row[f"totalExtToExt{name.removeprefix('Total')}"] for name in outcomes}
    return {
        **inbound,
        **outbound,
        **{f"internalInbound{name}": count for name, count in inside.items()},
        **{f"internalOutbound{name}": inside[name] for name in ("Total", "Answered")},
        "internalOutboundAbandoned": inside["Missed"],
        "externalOutboundMissed": row["outboundAbandoned"],
        "percentExternalInboundAnswered": _percent(row, "inbound"),
        "percentExternalOutboundAnswered": _percent(row, "outbound"),
    }


def _percent(row: Row, direction: str) -> int:
    answered, total = int(row[f"{direction}Answered"]), int(row[f"{direction}Total"])
    return round(100 * answered / max(1, total))
