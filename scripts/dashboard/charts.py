"""The charts of the dashboard, as Vega-Lite specifications.

Each reads a data set named `rows`, which the page fills in after filtering.
"""

from dataclasses import dataclass
from typing import Any

import altair as alt

from scripts.dashboard.data import DashboardData
from scripts.dashboard.look import MEANINGS

OUTCOMES = {"answered": "good", "missed": "bad", "abandoned": "warning", "other": "neutral"}
# Who does not pick up is not our failure: no color of alarm.
REACHED = {"reached": "good", "not reached": "neutral"}
FATES = {
    "called back in time": "good",
    "called back late": "late",
    "caller got through later": "neutral",
    "number withheld": "neutral",
    "still time": "warning",
    "not returned": "bad",
}
AGAINST_TARGET = {"target met": "good", "below target": "bad"}
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
LABELS = alt.Axis(labelLimit=alt.ExprRef("width < 500 ? 150 : 230"), ticks=False, domain=False)

Spec = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """What the company wants to reach.

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
    """Return the specification of each chart whose part is there, by its place on the page."""
    specs: dict[str, Spec] = {}
    if "calls" in data.parts:
        present = {row["outcome"] for row in data.parts["calls"] if row["direction"] == "inbound"}
        shown = {name: meaning for name, meaning in OUTCOMES.items() if name in present}
        specs["received"] = _by_day("outcome", shown, "Received calls by day and outcome")
        specs["placed"] = _by_day("outcome", REACHED, "Placed calls by day, by whether somebody answered")
    if "arrivals" in data.parts:
        specs["arrivals"] = _by_hour("calls", "Received calls per hour, by weekday and hour")
        specs["unanswered"] = _by_hour("not answered", "Calls not answered per hour, by weekday and hour")
    if "missed" in data.parts:
        present = {row["fate"] for row in data.parts["missed"]}
        shown = {name: meaning for name, meaning in FATES.items() if name in present}
        specs["missed"] = _by_day("outcome", shown, "Missed calls by day and what became of them")
    if any("answered_within" in row for row in data.parts.get("queues", [])):
        specs["queues"] = _levels(target.service_level, "Service level by call queue")
    if "queue_hours" in data.parts:
        specs["queue_hours"] = _levels_by_hour(target.service_level, "Service level by hour of the day")
    if "extensions" in data.parts:
        specs["extensions"] = _split("extension", "Calls received by extension")
    if "ring_groups" in data.parts:
        specs["ring_groups"] = _split("ring group", "Calls by ring group")
    return specs


def _finished(chart: Any, height: int, description: str, **settings: int) -> Spec:
    sized = chart.properties(
        width="container",
        height=height,
        description=description,
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    )
    spec: Spec = sized.to_dict()
    del spec["config"]  # Altair's own look; the page brings one for each color scheme.
    return spec | {"usermeta": settings}


def _rows() -> alt.Chart:
    return alt.Chart(alt.NamedData("rows"))


def _color(field: str, meanings: dict[str, str]) -> alt.Color:
    """Return the encoding of what a mark means by a color, whose place in the look's list is fixed."""
    # A name for each color that is not used keeps the others in their places. Two names of one meaning get
    # the color of the next free place.
    domain: list[str] = [f"\u200b{meaning}" for meaning in MEANINGS]
    for name, meaning in meanings.items():
        place = MEANINGS.index(meaning)
        if domain[place].startswith("\u200b"):
            domain[place] = name
        else:
            domain.append(name)
    return alt.Color(
        f"{field}:N",
        scale=alt.Scale(domain=domain),
        legend=alt.Legend(
            title=None, orient="top", columns=alt.ExprRef("width < 500 ? 2 : 6"), values=list(meanings)
        ),
    )


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
        _rows()
        .transform_filter("datum.period == 'this'")
        .transform_calculate(rank=f"indexof({list(meanings)}, datum.{part})")
        .mark_bar()
        .encode(
            x=x,
            y=alt.Y("sum(calls):Q", title="calls"),
            color=_color(part, meanings),
            order=alt.Order("rank:Q"),
            tooltip=tooltip,
        )
    )
    before = (
        _rows()
        .transform_filter("datum.period == 'before'")
        .mark_tick(thickness=2)
        .encode(x=x, y=alt.Y("sum(calls):Q"), tooltip=tooltip)
    )
    return _finished(bars + before, 220, description)


def _by_hour(what: str, description: str) -> Spec:
    chart = (
        _rows()
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
                alt.Tooltip("per_hour:Q", title=f"{what} per hour, on average", format=".1f"),
                alt.Tooltip("total:Q", title=f"{what} in all"),
            ],
        )
    )
    return _finished(chart, 7 * 26, description)


def _split(what: str, description: str) -> Spec:
    """Return bars of answered and unanswered calls, one for each row of a table."""
    chart = (
        _rows()
        .transform_fold(["answered", "not answered"], as_=["outcome", "calls"])
        .transform_calculate(rank="datum.outcome == 'answered' ? 0 : 1")
        .mark_bar()
        .encode(
            y=alt.Y("label:N", sort=alt.EncodingSortField("place", op="min"), title=None, axis=LABELS),
            x=alt.X("calls:Q", title="calls received", axis=alt.Axis(tickCount=5)),
            color=_color("outcome", {"answered": "good", "not answered": "bad"}),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("label:N", title=what),
                alt.Tooltip("outcome:N", title="outcome"),
                alt.Tooltip("calls:Q", title="calls"),
                alt.Tooltip("rate:Q", title="answered rate", format=".1%"),
            ],
        )
    )
    return _finished(chart, 22, description, pixels_per_row=22)


def _levels(target: float, description: str) -> Spec:
    """Return bars of the service level, one for each row of a table, with the target as a line."""
    y = alt.Y("label:N", sort=alt.EncodingSortField("place", op="min"), title=None, axis=LABELS)
    bars = (
        _rows()
        .mark_bar()
        .encode(
            y=y,
            x=alt.X(
                "level:Q",
                title="answered within the limit",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format=".0%", tickCount=5),
            ),
            color=_color("target", AGAINST_TARGET),
            tooltip=[
                alt.Tooltip("label:N", title="queue"),
                alt.Tooltip("level:Q", title="service level", format=".1%"),
                alt.Tooltip("level_before:Q", title="the period before", format=".1%"),
                alt.Tooltip("offered:Q", title="calls offered"),
            ],
        )
    )
    before = (
        _rows()
        .transform_filter("isValid(datum.level_before)")
        .mark_tick(thickness=3, size=20)
        .encode(
            y=y,
            x="level_before:Q",
            tooltip=[alt.Tooltip("level_before:Q", title="the period before", format=".1%")],
        )
    )
    return _finished(bars + before + _rule(target).encode(x="goal:Q"), 28, description, pixels_per_row=28)


def _levels_by_hour(target: float, description: str) -> Spec:
    """Return bars of the service level, one for each hour of the day, with the target as a line."""
    bars = (
        _rows()
        .mark_bar()
        .encode(
            x=alt.X("hour:O", title="hour of the day", axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            y=alt.Y(
                "level:Q",
                title="answered within the limit",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format=".0%", tickCount=5),
            ),
            color=_color("target", AGAINST_TARGET),
            tooltip=[
                alt.Tooltip("from:N", title="time"),
                alt.Tooltip("level:Q", title="service level", format=".1%"),
                alt.Tooltip("offered:Q", title="calls offered"),
            ],
        )
    )
    return _finished(bars + _rule(target).encode(y="goal:Q"), 180, description)


def _rule(target: float) -> Any:
    return (
        alt.Chart(alt.InlineData(values=[{"goal": target}]))
        .mark_rule(strokeDash=[4, 3], strokeWidth=2)
        .encode(tooltip=[alt.Tooltip("goal:Q", title="target", format=".0%")])
    )
