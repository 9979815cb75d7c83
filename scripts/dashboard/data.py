"""Read the dashboard's rows from the marts; a part without its mart is left out."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from scripts.dashboard import queries, queries_people
from scripts.dashboard.database import Marts, Row
from scripts.dashboard.periods import CLOSED_DAYS, DAY_OF, DAYS, Periods, comparable, latest, loaded

MOST_WAITING = 500
"""How many missed calls that were not returned are listed one by one, newest first."""


@dataclass
class DashboardData:
    """What the page shows.

    Args:
        periods: the days that it covers; None where no day was loaded.
        parts: the rows of each part, by its name.
        compared: for each part, the PBXs whose data covers the earlier period too.
        pbxes: names of the PBXs.
        departments: names of the departments.
        late: the last loaded day of each PBX whose data ends before the others'.
        loaded_at: when the newest call was loaded, in UTC.
    """

    periods: Periods | None = None
    parts: dict[str, list[Row]] = field(default_factory=dict)
    compared: dict[str, list[str]] = field(default_factory=dict)
    pbxes: list[str] = field(default_factory=list)
    departments: list[str] = field(default_factory=list)
    late: dict[str, date] = field(default_factory=dict)
    loaded_at: datetime | None = None


def read(marts: Marts, days: int = DAYS) -> DashboardData:
    """Read what the page shows.

    Args:
        marts: where the marts are.
        days: how many days a period has.
    """
    periods = latest(marts, days)
    if periods is None:
        return DashboardData()
    data = DashboardData(periods)

    def query(text: str, *names: str) -> list[Row]:
        bounds = {"before": periods.before, "first": periods.first, "last": periods.last}
        return [_clean(row) for row in marts.rows(text, *names, **bounds, most=MOST_WAITING)]

    for part, mart, rows in _parts(marts, query):
        data.parts[part] = rows
        spans = loaded(marts, mart)
        data.compared[part] = [pbx for pbx, (first, _) in spans.items() if comparable(periods, first)]
    _describe(data, marts, periods)
    return data


def _parts(marts: Marts, query: Callable[..., list[Row]]) -> Iterable[tuple[str, str, list[Row]]]:
    """Yield each part that has marts: its name, the mart that shows what was loaded, and its rows."""
    if "calls" in marts:
        yield "calls", "calls", [_shown_day(row) for row in query(queries.CALLS, "calls")]
        if "repeat_callers" in marts:
            yield "repeat", "calls", query(queries_people.REPEAT_CALLERS, "repeat_callers")
        if "call_intervals" in marts:
            yield "arrivals", "calls", _per_hour(query)
        if "unreturned_calls" in marts:
            yield "missed", "calls", query(queries.MISSED, "unreturned_calls")
            yield "waiting", "calls", query(queries.WAITING, "unreturned_calls")
    elif "company_days" in marts:
        yield "company", "company_days", query(queries_people.COMPANY, "company_days")
    if "extension_days" in marts:
        yield "extensions", "extension_days", query(queries.EXTENSIONS, "extension_days")
    if "service_levels" in marts and "service_level_intervals" in marts:
        rows = query(queries_people.QUEUE_HOURS, "service_level_intervals")
        yield "queue_hours", "service_levels", rows
    if "service_levels" in marts:
        yield "queues", "service_levels", _named(query, "queue_days" in marts)
    elif "queue_days" in marts:
        rows = query(queries.QUEUE_DAYS, "queue_days")
        yield "queues", "queue_days", _without_equal_names(rows, "queue", "queue_name", "queue_extension")
    if "ring_group_days" in marts:
        rows = query(queries.RING_GROUPS, "ring_group_days")
        yield "ring_groups", "ring_group_days", _without_equal_names(rows, "ring_group", "name", "ring_group")
    if "ring_group_agent_days" in marts:
        rows = query(queries_people.RING_GROUP_AGENTS, "ring_group_agent_days")
        yield "agents", "ring_group_agent_days", rows


def _shown_day(row: Row) -> Row:
    return row | {"weekday": row["day"].isoweekday()}


def _per_hour(query: Callable[..., list[Row]]) -> list[Row]:
    """Return received calls by weekday and hour, with the number of such hours in the period."""
    hours = {
        (row["pbx"], row["weekday"], row["hour"]): row["hours"]
        for row in query(queries.CLOCK_HOURS, "call_intervals")
    }
    arrivals = [
        row | {"hours": hours[key]}
        for row in query(queries.ARRIVALS, "calls")
        if (key := (row["pbx"], row["weekday"], row["hour"])) in hours
    ]
    quiet = hours.keys() - {(row["pbx"], row["weekday"], row["hour"]) for row in arrivals}
    for pbx, weekday, hour in sorted(quiet):
        when: Row = {"pbx": pbx, "department": [], "weekday": weekday, "hour": hour}
        arrivals.append(when | {"calls": 0, "unanswered": 0, "hours": hours[pbx, weekday, hour]})
    return arrivals


def _named(query: Callable[..., list[Row]], with_names: bool) -> list[Row]:
    """Return the queues with their names, which individual calls do not have."""
    names = {}
    if with_names:
        names = {
            (row["pbx"], row["queue"]): row["queue_name"] for row in query(queries.QUEUE_DAYS, "queue_days")
        }
    rows = [
        row | {"queue_name": names.get((row["pbx"], row["queue"]))}
        for row in query(queries.QUEUES, "service_levels")
    ]
    return _without_equal_names(rows, "queue", "queue_name", "queue_extension")


def _without_equal_names(rows: list[Row], key: str, name: str, number: str) -> list[Row]:
    """Return rows with a `label` that is unique within a PBX, since names need not be."""
    named = [row | {"label": row[name] or row[number] or row[key]} for row in rows]
    for column in (number, key):
        seen = Counter((row["pbx"], row["label"]) for row in named)
        for row in named:
            if seen[row["pbx"], row["label"]] > 1 and row[column]:
                row["label"] = f"{row['label']} ({row[column]})"
    return named


def _describe(data: DashboardData, marts: Marts, periods: Periods) -> None:
    """Add what the page's header and filters show."""
    ends: dict[str, date] = {}
    for mart in DAY_OF:
        if mart in marts:
            for pbx, (_, last) in loaded(marts, mart).items():
                ends[pbx] = max(last, ends.get(pbx, last))
    rows = [row for part in data.parts.values() for row in part]
    data.pbxes = sorted({row["pbx"] for row in rows})
    data.departments = sorted({name for row in rows for name in row.get("department") or []})
    grace = timedelta(days=CLOSED_DAYS)
    data.late = {pbx: last for pbx, last in ends.items() if last < periods.last - grace}
    if "calls" in marts:
        data.loaded_at = marts.rows("select max(extracted_at) as loaded_at from {calls}", "calls")[0][
            "loaded_at"
        ]


def _clean(row: Row) -> Row:
    """Return a row without text direction controls, and with its departments as a list."""
    plain = {name: _isolated(value) if isinstance(value, str) else value for name, value in row.items()}
    if "department" in plain:
        names = (name.strip() for name in (plain["department"] or "").split(","))
        plain["department"] = [name for name in names if name]
    return plain


def _isolated(text: str) -> str:
    """Return a text without the control characters that change text direction.

    Right-to-left letters stay; only controls, which would affect the text after the name, are removed.
    """
    directions = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    return "".join(letter for letter in text if unicodedata.bidirectional(letter) not in directions)
