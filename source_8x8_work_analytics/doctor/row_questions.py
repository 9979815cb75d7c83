"""What the rows of reports look like: extensions without calls, keys, fields, the company's sides, a cap."""

from collections import Counter, defaultdict
from functools import lru_cache
from itertools import product

from source_8x8_work_analytics.doctor.findings import REPORT_THIS, Outcome, Question, unknown
from source_8x8_work_analytics.doctor.moment_questions import moments_of
from source_8x8_work_analytics.doctor.observations import (
    EXTENSIONS,
    HOUR,
    Observations,
    Reply,
    Request,
    number,
)
from source_8x8_work_analytics.doctor.window_questions import additive_fields
from source_8x8_work_analytics.reports.columns import JSON_TYPES
from source_8x8_work_analytics.reports.rows import Row
from source_8x8_work_analytics.streams import STREAM_TYPES, StreamType
from source_8x8_work_analytics.windows.calendar import start_of_day

REPORTS = tuple(kind for kind in STREAM_TYPES if kind.report and not kind.report.by_id)
"""The reports by PBX name. Of the others, a key twice is no report at all."""
COMPANY = "company_summary"
SIDES = ("external", "internal")
ADDED = {"report_date", "window_start", "window_end", "time_zone", "window_complete", "window_read_at"}
"""Fields that the connector adds to every report."""
OPTIONAL = {"call_records": {"lra"}, "ring_group_summary": {"totalAbandoned"}}
"""Documented in one place, and missing from the examples of another."""
CONVERTED = {"callLegCount": "string"}
"""Fields that arrive as another type than the schema's, which the connector converts."""


class ZeroRows(Question):
    """One quiet hour against its day."""

    id = "zero_rows"
    text = "Are extensions without calls listed?"
    assumed = "no"

    def requests(self, seen: Observations) -> list[Request]:
        """Return the busiest day of the week, and its quietest hour."""
        day = seen.busiest_day()
        if day is None or seen.no_calls():
            return []
        records = seen.week_calls("call_records")
        if records not in seen.replies:
            return [records]
        midnight = start_of_day(day, seen.settings.time_zone).timestamp()
        hour = _hour_with_fewest(seen.reply(records), midnight)
        return [
            seen.day_request(day),
            seen.report(EXTENSIONS, f"{day} {hour:02}:00:00", f"{day} {hour:02}:59:59"),
        ]

    def judge(self, seen: Observations) -> Outcome:
        """Look for rows of zeros."""
        requests = self.requests(seen)
        if reason := seen.no_calls() or (seen.failures(requests) if len(requests) > 1 else "no day was read"):
            return unknown(reason)
        day, quiet = (seen.reply(request).rows for request in requests)
        zeros = sum(not any(number(row.get(name)) for name in additive_fields()) for row in [*day, *quiet])
        evidence = (
            f"{len(day):,} rows for a day, {len(quiet):,} for its quietest hour, {zeros:,} of them zeros"
        )
        if not zeros and len(quiet) >= len(day):
            return unknown(f"{evidence}: no hour of the day was quiet enough to tell")
        advice = "Leave out rows without calls when you average over extensions."
        return self.compared("yes" if zeros else "no", evidence, advice)


@lru_cache(maxsize=4)
def _hour_with_fewest(records: Reply, midnight: float) -> int:
    """Return the hour of a day with the fewest calls in a page of records; 3 o'clock if several have as few."""
    counts: Counter[int] = Counter(
        int((moment / 1000 - midnight) // HOUR.total_seconds())
        for row in records.rows
        for moment in moments_of(row, "call_records").values()
    )
    hours: list[int] = [3, *range(24)]
    return min(hours, key=lambda hour: counts[hour])


class OneRowPerKey(Question):
    """All reports that other questions need."""

    id = "one_row_per_key"
    text = "Can one report contain duplicate keys?"
    assumed = "no"

    def requests(self, seen: Observations) -> list[Request]:
        """Return nothing more than the first reports."""
        return seen.first_requests()

    def judge(self, seen: Observations) -> Outcome:
        """Count rows that share their key with another one."""
        repeated: Counter[str] = Counter()
        reports: Counter[str] = Counter()
        for kind, reply in ((k, r) for k in REPORTS for r in seen.of_stream(k.name).values() if r.rows):
            keys = Counter(
                tuple(str(row.get(name)).casefold() for name in kind.row_key) for row in reply.rows
            )
            reports[kind.name] += 1
            repeated[kind.name] += sum(count - 1 for count in keys.values())
        if not reports:
            return unknown(seen.no_calls() or "no report with rows was read")
        counts = (f"{name}: {repeated[name]:,} in {count:,}" for name, count in reports.items())
        evidence = f"rows that repeat a key, and reports read: {', '.join(counts)}"
        names = (kind.name for kind in REPORTS)
        failed = [name for name in names if not reports[name] and seen.failures(seen.of_stream(name))]
        if failed and not +repeated:
            return unknown(f"{', '.join(failed)} could not be read; {evidence}")
        advice = "Deduped tables keep one row of each key, so their sums are too low. Report this."
        return self.compared("yes" if +repeated else "no", evidence, advice)


class Fields(Question):
    """All rows that other questions need. Documented names only, and never a value."""

    id = "fields"
    text = "Are documented fields missing, new, or of another type?"
    assumed = "as documented"

    def requests(self, seen: Observations) -> list[Request]:
        """Return nothing more than the first reports."""
        return seen.first_requests()

    def judge(self, seen: Observations) -> Outcome:
        """Compare all rows with the schemas."""
        by_stream = (
            (kind, [row for reply in seen.of_stream(kind.name).values() for row in reply.rows])
            for kind in STREAM_TYPES
        )
        rows = [(kind, found) for kind, found in by_stream if found]
        if not rows:
            return unknown(seen.no_calls() or "no rows were read")
        missing, new, other = [], [], []
        for kind, found in rows:
            renamed, types = kind.list_of.renamed, _types(kind)
            seen_types = _types_by_field(found)
            known = {renamed.get(name, name) for name in seen_types}
            unknown_names = known - set(types)
            # Reports by id have the fields that their queues and calls need: none is always there.
            optional = OPTIONAL.get(kind.name, set()) | (set(types) if _is_by_id(kind) else set())
            missing += [f"{kind.name}.{name}" for name in types if name not in known | optional]
            new += [f"{kind.name} ({len(unknown_names)})"] if unknown_names else []
            for name, declared in types.items():
                wrong = sorted(seen_types.get(name, set()) - declared)
                other += [f"{kind.name}.{name} ({', '.join(wrong)})"] if wrong else []
        parts = {"missing": missing, "new": new, "other type": other}
        differences = "; ".join(f"{what}: {', '.join(names)}" for what, names in parts.items() if names)
        total = sum(len(found) for _, found in rows)
        advice = (
            "Report this: values of missing fields and of other types are null, new fields are not loaded."
        )
        if new:
            advice += " The log of a sync names the new fields."
        return self.compared(differences or self.assumed, f"{total:,} rows of {len(rows)} streams", advice)


def _is_by_id(kind: StreamType) -> bool:
    return bool(kind.report and kind.report.by_id)


def _types(kind: StreamType) -> dict[str, set[str]]:
    """Return the JSON types that each documented field may have as it comes."""
    found = {}
    for name, about in kind.schema["properties"].items():
        if name in ADDED or name.startswith("$"):
            continue
        declared = {about["type"]} if isinstance(about["type"], str) else set(about["type"])
        more = {"null", CONVERTED.get(name, "null"), "integer" if "number" in declared else "null"}
        found[name] = declared | more
    return found


def _types_by_field(rows: list[Row]) -> dict[str, set[str]]:
    """Return the JSON types that each field comes with. Rows come in few shapes, each looked at once."""
    found: dict[str, set[str]] = defaultdict(set)
    for names, types in {(tuple(row), tuple(map(type, row.values()))) for row in rows}:
        for name, kind in zip(names, types, strict=True):
            found[name].add(JSON_TYPES.get(kind, "number"))
    return found


class CompanySides(Question):
    """The company summary of the week. The connector passes on whatever it has."""

    id = "company_sides"
    text = "Are external… and internal… of the company summary populated?"

    def requests(self, seen: Observations) -> list[Request]:
        """Return the company summary of the week."""
        return [seen.week_request(COMPANY)] if seen.main_pbx else []

    def judge(self, seen: Observations) -> Outcome:
        """Look for counts other than 0."""
        requests = self.requests(seen)
        if reason := seen.no_calls() or seen.failures(requests):
            return unknown(reason)
        rows = seen.reply(requests[0]).rows
        if not any(number(row.get("totalCall")) for row in rows):
            return unknown("the company summary of the week counts no calls")
        names = {name for row in rows for name, value in row.items() if number(value)}
        filled = sum(name.startswith(side) for name, side in product(names, SIDES))
        evidence = f"{filled} of the {'… and '.join(SIDES)}… fields are not 0 over the week"
        if filled:
            return Outcome("yes", "holds", evidence)
        advice = "Take calls by side from extension_summary: here these fields are always 0."
        return Outcome("no", "holds", evidence, advice)


class RowCap(Question):
    """All reports that other questions need: where they are cut, rows are lost."""

    id = "row_cap"
    text = "Can a report be longer than what is returned?"
    assumed = "no"

    def requests(self, seen: Observations) -> list[Request]:
        """Return nothing more than the first reports."""
        return seen.first_requests()

    def judge(self, seen: Observations) -> Outcome:
        """Look for reports that are cut, or sent in pages."""
        streams = [kind.name for kind in STREAM_TYPES if kind.report]
        caps = {stream: seen.row_cap(stream) for stream in streams}
        pages = {
            stream: max((reply.page_rows for reply in seen.of_stream(stream).values()), default=0)
            for stream in streams
        }
        counts = [len(reply.rows) for stream in streams for reply in seen.of_stream(stream).values()]
        if not any(counts) and not any(pages.values()):
            return unknown(seen.no_calls() or "no report with rows was read")
        found = {stream: caps[stream] or pages[stream] for stream in streams if caps[stream] or pages[stream]}
        evidence = f"{len(counts):,} reports, of at most {max(counts):,} rows"
        if any(pages.values()):
            evidence += f"; in pages: {', '.join(stream for stream in streams if pages[stream])}"
        if any(caps.values()):
            cut = ", ".join(stream for stream in streams if caps[stream])
            evidence += f"; reports of {cut} end at the same count although there are more rows"
        words = ", ".join(f"{stream} {rows:,}" for stream, rows in found.items())
        advice = f"Rows are missing. Name each PBX in pbx_ids, so that reports are shorter. {REPORT_THIS}"
        return self.compared(words or "no", evidence, advice)
