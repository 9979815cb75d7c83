"""What the rows of reports look like: extensions without calls, keys, fields, the company's sides, a cap."""

from collections import Counter, defaultdict
from functools import lru_cache

from source_8x8_work_analytics.doctor.findings import REPORT_THIS, Outcome, Question
from source_8x8_work_analytics.doctor.moment_questions import moments_of
from source_8x8_work_analytics.doctor.observations import (
    EXTENSIONS,
    HOUR,
    RECORDS,
    Observations,
    Reply,
    Request,
    Unsettled,
    additive_fields,
    number,
)
from source_8x8_work_analytics.messages import counted
from source_8x8_work_analytics.reports.columns import JSON_TYPES
from source_8x8_work_analytics.reports.rows import Row
from source_8x8_work_analytics.streams import STREAM_TYPES, StreamType
from source_8x8_work_analytics.windows.calendar import start_of_day

REPORTS = tuple(kind for kind in STREAM_TYPES if kind.report and not kind.report.by_id)
"""The reports by PBX name. Reports by id with duplicate keys are rejected when they are parsed."""
ADDED = {"report_date", "window_start", "window_end", "time_zone", "window_complete", "window_read_at"}
"""Fields that the connector adds to every report."""
OPTIONAL = {"call_records": {"lra"}, "ring_group_summary": {"totalAbandoned"}}
"""Documented in one place, and missing from the examples of another."""
CONVERTED = {"callLegCount": "string"}
"""Fields that arrive as another type than the schema's, which the connector converts."""


class ZeroRows(Question, id="zero_rows", assumed="no"):
    """Are extensions without calls listed?"""

    def _requests(self, seen: Observations) -> list[Request]:
        day, records = seen.busiest_day(), seen.week_calls(RECORDS)
        if day is None or records not in seen.replies:
            return [records]
        hour = _quietest_hour(seen.reply(records), start_of_day(day, seen.settings.time_zone).timestamp())
        quiet = seen.report(EXTENSIONS, f"{day} {hour:02}:00:00", f"{day} {hour:02}:59:59")
        return [seen.day_request(day), quiet]

    def _judge(self, seen: Observations) -> Outcome:
        requests = self._requests(seen)
        if len(requests) < 2:
            raise Unsettled("no day was read")
        day, quiet = (reply.rows for reply in seen.read(requests))
        zeros = sum(not any(number(row.get(name)) for name in additive_fields()) for row in [*day, *quiet])
        evidence = (
            f"{len(day):,} rows for a day, {len(quiet):,} for its quietest hour; "
            f"rows with only zeros: {zeros:,}"
        )
        if not zeros and len(quiet) >= len(day):
            raise Unsettled(f"{evidence}; no hour of the day was quiet enough to tell")
        advice = "Exclude rows without calls when you average over extensions."
        return self.compared("yes" if zeros else "no", evidence, advice)


@lru_cache(maxsize=4)
def _quietest_hour(records: Reply, midnight: float) -> int:
    """Return the hour of a day with the fewest calls in a page of records, preferably 3 o'clock."""
    moments = (moment for row in records.rows for moment in moments_of(row, RECORDS).values())
    counts = Counter(int((moment / 1000 - midnight) // HOUR.total_seconds()) for moment in moments)
    hours: list[int] = [3, *range(24)]
    return min(hours, key=lambda hour: counts[hour])


class OneRowPerKey(Question, id="one_row_per_key", assumed="no", needs_calls=False):
    """Can one report contain duplicate keys?"""

    def _judge(self, seen: Observations) -> Outcome:
        repeated: Counter[str] = Counter()
        reports: Counter[str] = Counter()
        for kind, reply in ((k, r) for k in REPORTS for r in seen.of_stream(k.name).values() if r.rows):
            keys = Counter(
                tuple(str(row.get(name)).casefold() for name in kind.row_key) for row in reply.rows
            )
            reports[kind.name] += 1
            repeated[kind.name] += sum(count - 1 for count in keys.values())
        if not reports:
            raise Unsettled(seen.no_calls() or "no report with rows was read")
        counts = (f"{name}: {repeated[name]:,} in {counted(n, 'report')}" for name, n in reports.items())
        evidence = f"rows that repeat a key: {', '.join(counts)}"
        names = (kind.name for kind in REPORTS if not reports[kind.name])
        failed = [name for name in names if seen.failures(seen.of_stream(name))]
        if failed and not +repeated:
            raise Unsettled(f"{', '.join(failed)} could not be read; {evidence}")
        advice = f"Deduped tables keep one row per key, so their sums are too low. {REPORT_THIS}"
        return self.compared("yes" if +repeated else "no", evidence, advice)


class Fields(Question, id="fields", assumed="as documented", needs_calls=False):
    """Do the fields differ from the documentation: missing, new, or of another type?"""

    def _judge(self, seen: Observations) -> Outcome:
        missing, new, other, total = [], [], [], 0
        for kind in STREAM_TYPES:
            rows = [row for reply in seen.of_stream(kind.name).values() for row in reply.rows]
            if not rows:
                continue
            total += len(rows)
            types, sent = _types(kind), _types_by_field(rows, kind)
            # Reports by id have the fields that their queues and calls need: none is always there.
            optional = set(types) if kind.report and kind.report.by_id else OPTIONAL.get(kind.name, set())
            missing += [f"{kind.name}.{name}" for name in types if name not in sent.keys() | optional]
            undocumented = len(sent.keys() - types.keys())
            new += [f"{kind.name} ({undocumented})"] if undocumented else []
            for name, declared in types.items():
                wrong = sorted(sent.get(name, set()) - declared)
                other += [f"{kind.name}.{name} ({', '.join(wrong)})"] if wrong else []
        if not total:
            raise Unsettled(seen.no_calls() or "no rows were read")
        parts = {"missing": missing, "new": new, "other type": other}
        words = "; ".join(f"{what}: {', '.join(names)}" for what, names in parts.items() if names)
        advice = (
            f"{REPORT_THIS} Missing fields and values of other types are null, and new fields are not loaded."
        )
        if new:
            advice += " The log of a sync names the new fields."
        return self.compared(words or self.assumed, counted(total, "row"), advice)


def _types(kind: StreamType) -> dict[str, set[str]]:
    """Return the JSON types that each documented field may have as it comes."""
    found = {}
    for name, about in kind.schema["properties"].items():
        if name not in ADDED:
            declared = {about["type"]} if isinstance(about["type"], str) else set(about["type"])
            whole = {"integer"} if "number" in declared else set()
            found[name] = declared | whole | {"null", CONVERTED.get(name, "null")}
    return found


def _types_by_field(rows: list[Row], kind: StreamType) -> dict[str, set[str]]:
    """Return the JSON types that each field comes with. Rows come in few shapes, each looked at once."""
    found: dict[str, set[str]] = defaultdict(set)
    for names, types in {(tuple(row), tuple(map(type, row.values()))) for row in rows}:
        for name, type_ in zip(names, types, strict=True):
            found[kind.list_of.renamed.get(name, name)].add(JSON_TYPES.get(type_, "number"))
    return found


class CompanySides(Question, id="company_sides"):
    """Are the company summary's external… and internal… fields populated?"""

    def _requests(self, seen: Observations) -> list[Request]:
        return [seen.week_request("company_summary")]

    def _judge(self, seen: Observations) -> Outcome:
        (company,) = seen.read(self._requests(seen))
        if not any(number(row.get("totalCall")) for row in company.rows):
            raise Unsettled("the company summary of the week counts no calls")
        names = {name for row in company.rows for name, value in row.items() if number(value)}
        filled = sum(name.startswith(("external", "internal")) for name in names)
        evidence = f"{filled} of the external… and internal… fields are nonzero for the week"
        advice = "The external… and internal… fields of company_summary are 0: use extension_summary instead."
        return Outcome("yes" if filled else "no", "holds", evidence, "" if filled else advice)


class RowCap(Question, id="row_cap", assumed="no", needs_calls=False):
    """Can a report have more rows than 8x8 returns?"""

    def _judge(self, seen: Observations) -> Outcome:
        replies = {
            kind.name: list(seen.of_stream(kind.name).values()) for kind in STREAM_TYPES if kind.report
        }
        longest = max((len(reply.rows) for each in replies.values() for reply in each), default=0)
        pages = {name: max((r.page_rows for r in each), default=0) for name, each in replies.items()}
        caps = {name: seen.row_cap(name) for name in replies}
        found = {name: caps[name] or pages[name] for name in replies if caps[name] or pages[name]}
        failed = seen.failures(seen.of_stream(EXTENSIONS))
        if not found and (failed or not longest):
            reason = f"{EXTENSIONS}: {failed}" if failed else seen.no_calls()
            raise Unsettled(reason or "no report with rows was read")
        count = sum(map(len, replies.values()))
        evidence = f"{counted(count, 'report')} with at most {counted(longest, 'row')}"
        if any(pages.values()):
            evidence += f"; in pages: {', '.join(name for name in found if pages[name])}"
        if any(caps.values()):
            cut = ", ".join(name for name in found if caps[name])
            evidence += f"; {cut}: reports end at the same number of rows, although there are more"
        words = ", ".join(f"{name} {rows:,}" for name, rows in found.items())
        effect = "Rows are missing." if any(caps.values()) else "Syncs of these streams fail."
        advice = f"{effect} List each PBX in pbx_ids to make reports shorter. {REPORT_THIS}"
        return self.compared(words or "no", evidence, advice)
