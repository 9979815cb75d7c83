"""The charts of the dashboard, as Vega-Lite specifications.

Each one reads a data set named `rows`, which the page fills in after filtering.
"""

from dataclasses import dataclass

import altair as alt

from scripts.dashboard.data import DashboardData
from scripts.dashboard.levels import levels, levels_by_hour
from scripts.dashboard.marks import LABELS, Spec, color, finished, rows

OUTCOMES = {"answered": "good", "missed": "bad", "abandoned": "warning", "other": "neutral"}
# It is not our failure if the other party does not pick up, so no alarm color.
REACHED = {"reached": "good", "not reached": "neutral"}
FATES = {
    "called back in time": "good",
    "called back late": "late",
    "caller got through later": "neutral",
    "no caller ID": "faint",
    "pending": "warning",
    "not returned": "bad",
}
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


@dataclass(frozen=True)
class Target:
    """The company's targets.

    Args:
        answered: share of received calls that are answered.
        returned: share of missed calls from outside that are called back in time.
        service_level: share of queue calls that are answered within the limit.
        seconds: the limit of the service level.
        hours: how many hours there are to call back.
    """

    answered: float = 0.8
    returned: float = 0.8
    service_level: float = 0.8
    seconds: int = 20
    hours: int = 24


def charts(data: DashboardData, target: Target) -> dict[str, Spec]:
    """Return the specification of each chart that has data, by its id on the page."""
    specs: dict[str, Spec] = {}
    if "calls" in data.parts:
        present = {row["outcome"] for row in data.parts["calls"] if row["direction"] == "inbound"}
        shown = {name: meaning for name, meaning in OUTCOMES.items() if name in present}
        specs["received"] = _by_day("outcome", shown, "Received calls by day and outcome")
        specs["placed"] = _by_day("outcome", REACHED, "Placed calls by day and by whether they were answered")
    if "arrivals" in data.parts:
        specs["arrivals"] = _by_hour("calls", "Received calls per hour, by weekday and hour")
        specs["unanswered"] = _by_hour("not answered", "Calls not answered per hour, by weekday and hour")
    if "missed" in data.parts:
        present = {row["fate"] for row in data.parts["missed"]}
        shown = {name: meaning for name, meaning in FATES.items() if name in present}
        specs["missed"] = _by_day("outcome", shown, "Missed calls by day and what became of them")
    if any("answered_within" in row for row in data.parts.get("queues", [])):
        specs["queues"] = levels(target.service_level, "Service level by call queue")
    if "queue_hours" in data.parts:
        specs["queue_hours"] = levels_by_hour(target.service_level, "Service level by hour of the day")
    if "extensions" in data.parts:
        specs["extensions"] = _split("extension", "Calls received by extension")
    if "ring_groups" in data.parts:
        specs["ring_groups"] = _split("ring group", "Calls by ring group")
    return specs


def _by_day(part: str, meanings: dict[str, str], description: str) -> Spec:
    x = alt.X(
        "day:T",
        timeUnit="utcyearmonthdate",
        scale=alt.Scale(type="utc"),
        title=None,
        axis=alt.Axis(format="%b %-d", tickCount=alt.ExprRef("width < 500 ? 4 : 10"), grid=False),
    )
    tooltip = [
        alt.Tooltip("date:N", title="day"),
        alt.Tooltip(f"{part}:N", title="outcome"),
        alt.Tooltip("sum(calls):Q", title="calls"),
    ]
    bars = (
        rows()
        .transform_filter("datum.period == 'this'")
        .transform_calculate(rank=f"indexof({list(meanings)}, datum.{part})")
        .mark_bar()
        .encode(
            x=x,
            y=alt.Y("sum(calls):Q", title="calls"),
            color=color(part, meanings),
            order=alt.Order("rank:Q"),
            tooltip=tooltip,
        )
    )
    before = (
        rows()
        .transform_filter("datum.period == 'before'")
        .mark_tick(thickness=2)
        .encode(x=x, y=alt.Y("sum(calls):Q"), tooltip=tooltip)
    )
    return finished(bars + before, 220, description)


def _by_hour(what: str, description: str) -> Spec:
    chart = (
        rows()
        .mark_rect(cornerRadius=2)
        .encode(
            x=alt.X(
                "hour:O",
                title="hour of the day",
                axis=alt.Axis(labelAngle=0, labelOverlap=True, ticks=False, domain=False),
            ),
            y=alt.Y("weekday:O", sort=WEEKDAYS, title=None, axis=alt.Axis(ticks=False, domain=False)),
            color=alt.Color("per_hour:Q", legend=alt.Legend(title=f"{what} per hour", orient="top")),
            tooltip=[
                alt.Tooltip("weekday:O", title="weekday"),
                alt.Tooltip("from:N", title="time"),
                alt.Tooltip("per_hour:Q", title=f"average {what} per hour", format=".1f"),
                alt.Tooltip("total:Q", title=f"total {what}"),
            ],
        )
    )
    return finished(chart, 7 * 26, description)


def _split(what: str, description: str) -> Spec:
    """Return bars of answered and unanswered calls, one for each row of a table."""
    chart = (
        rows()
        .transform_fold(["answered", "not answered"], as_=["outcome", "calls"])
        .transform_calculate(rank="datum.outcome == 'answered' ? 0 : 1")
        .mark_bar()
        .encode(
            y=alt.Y("label:N", sort=alt.EncodingSortField("place", op="min"), title=None, axis=LABELS),
            x=alt.X("calls:Q", title="calls received", axis=alt.Axis(tickCount=5)),
            color=color("outcome", {"answered": "good", "not answered": "bad"}),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("label:N", title=what),
                alt.Tooltip("outcome:N", title="outcome"),
                alt.Tooltip("calls:Q", title="calls"),
                alt.Tooltip("rate:Q", title="answer rate", format=".1%"),
            ],
        )
    )
    return finished(chart, 22, description, pixels_per_row=22)
