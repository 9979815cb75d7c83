"""Which days the dashboard covers: a number of completed days, and the same number before them."""

from dataclasses import dataclass
from datetime import date, timedelta

from scripts.dashboard.database import Marts

DAYS = 28
"""Whole weeks, so that both periods have the same weekdays."""
CLOSED_DAYS = 4
"""A period counts as loaded from its start if rows begin within this many days: offices may be closed."""
DAY_OF = {
    "calls": "report_date",
    "extension_days": "report_date",
    "company_days": "report_date",
    "ring_group_days": "report_date",
    "ring_group_agent_days": "report_date",
    "queue_days": "report_date",
    "service_levels": "report_date",
}
"""The marts that show which days were loaded, and the column of the day."""


@dataclass(frozen=True)
class Periods:
    """Two periods of the same length, one after the other.

    Args:
        last: the last completed day.
        days: how many days each period has.
    """

    last: date
    days: int = DAYS

    @property
    def first(self) -> date:
        """The first day of this period."""
        return self.last - timedelta(days=self.days - 1)

    @property
    def before(self) -> date:
        """The first day of the previous period."""
        return self.first - timedelta(days=self.days)


def latest(marts: Marts, days: int) -> Periods | None:
    """Return the periods that end with the last completed day, or None if there is none."""
    ends = [
        rows[0]["last_day"]
        for mart, day in DAY_OF.items()
        if mart in marts
        for rows in [marts.rows(f"select max({day}) as last_day from {{{mart}}} where window_complete", mart)]
    ]
    known = [end for end in ends if end is not None]
    return Periods(max(known), days) if known else None


def loaded(marts: Marts, mart: str) -> dict[str, tuple[date, date]]:
    """Return the first and the last completed day of each PBX in a mart."""
    day = DAY_OF[mart]
    rows = marts.rows(
        f"select pbx, min({day}) as first_day, max({day}) as last_day from {{{mart}}}"
        " where window_complete group by pbx order by pbx",
        mart,
    )
    return {row["pbx"]: (row["first_day"], row["last_day"]) for row in rows}


def comparable(periods: Periods, first_day: date) -> bool:
    """Return whether data that begins on a day covers the previous period."""
    return first_day <= periods.before + timedelta(days=CLOSED_DAYS)
