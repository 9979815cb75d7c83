"""The charts of the page, as Vega-Lite specifications."""

from typing import Any

import altair as alt

from scripts.report_data import ReportData, Row

Spec = dict[str, Any]

# In the order in which bars are stacked, each with its place in the page's list of colors.
OUTCOMES = {"answered": 0, "missed": 1, "abandoned": 2, "other": 3}
FATES = {
    "called back in time": 0,
    "called back late": 4,
    "caller got through later": 3,
    "still time": 2,
    "not returned": 1,
}
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
SERVICE_TARGET = 0.8
"""The share of calls that queues are commonly asked to answer within the limit."""
AROUND = 80
"""Pixels for the axis and the legend of a chart whose rows have a height of their own."""


def charts(data: ReportData) -> dict[str, Spec]:
    """Return the specification of each chart that there are rows for, by its place on the page."""
    found: dict[str, Spec] = {}
    if data.days:
        found["days"] = _by_day(data.days, "outcome", OUTCOMES, "Calls by day and outcome")
    if data.hours:
        found["hours"] = _by_hour(data.hours)
    if data.extensions:
        found["extensions"] = _extensions(data.extensions)
    if data.missed:
        found["missed"] = _by_day(data.missed, "fate", FATES, "Missed calls by day and what became of them")
    if data.queues:
        found["queues"] = _queues(data.queues)
    return found


def _values(rows: list[Row]) -> alt.InlineData:
    """Return rows as inline data; dates become text, and what text says stays text."""
    return alt.InlineData(
        values=[{k: v if isinstance(v, int | float) else str(v) for k, v in r.items()} for r in rows]
    )


def _finished(chart: Any, height: int, description: str) -> Spec:
    sized = chart.properties(
        width="container",
        height=height,
        description=description,
        autosize=alt.AutoSizeParams(type="fit", contains="padding"),
    )
    spec: Spec = sized.to_dict()
    del spec["config"]  # Altair's own look; the page brings one for each color scheme.
    return spec


def _by_day(rows: list[Row], part: str, colors: dict[str, int], description: str) -> Spec:
    order = list(colors)
    present = [name for name in order if any(row[part] == name for row in rows)]
    ranked = [{**row, "rank": order.index(row[part])} for row in rows]
    chart = (
        alt.Chart(_values(ranked))
        .mark_bar()
        .encode(
            x=alt.X(
                "day:T", timeUnit="yearmonthdate", title=None, axis=alt.Axis(format="%b %-d", tickCount=8)
            ),
            y=alt.Y("calls:Q", title="calls"),
            color=alt.Color(
                f"{part}:N",
                scale=alt.Scale(
                    domain=[name for _, name in sorted(zip(colors.values(), order, strict=True))]
                ),
                legend=alt.Legend(title=None, orient="top", columns=2, values=present),
            ),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("day:T", title="day", format="%A, %B %-d, %Y"),
                alt.Tooltip(f"{part}:N", title=part),
                alt.Tooltip("calls:Q", title="calls"),
            ],
        )
    )
    return _finished(chart, 240, description)


def _by_hour(rows: list[Row]) -> Spec:
    named = [{**row, "day": WEEKDAYS[row["weekday"] - 1], "until": row["hour"] + 1} for row in rows]
    chart = (
        alt.Chart(_values(named))
        .mark_rect(cornerRadius=2)
        .encode(
            x=alt.X(
                "hour:O",
                title="hour of the day",
                axis=alt.Axis(labelAngle=0, labelOverlap=True, ticks=False, domain=False),
            ),
            y=alt.Y("day:O", sort=WEEKDAYS, title=None, axis=alt.Axis(ticks=False, domain=False)),
            color=alt.Color("calls_an_hour:Q", legend=alt.Legend(title="calls an hour", orient="top")),
            tooltip=[
                alt.Tooltip("day:O", title="weekday"),
                alt.Tooltip("hour:O", title="from"),
                alt.Tooltip("until:O", title="to"),
                alt.Tooltip("calls_an_hour:Q", title="calls an hour, on average", format=".1f"),
                alt.Tooltip("calls:Q", title="calls in all"),
            ],
        )
    )
    return _finished(chart, 7 * 26 + AROUND, "Received calls by weekday and hour")


def _extensions(rows: list[Row]) -> Spec:
    parts = [
        {
            "label": label(row),
            "place": place,
            "department": row["department"] or "none",
            "part": part,
            "rank": rank,
            "calls": calls,
            "answered_rate": row["answered_rate"] or 0,
        }
        for place, row in enumerate(rows)
        for rank, (part, calls) in enumerate(
            (
                ("answered", row["inbound_answered"]),
                ("missed", row["inbound"] - row["inbound_answered"]),
            )
        )
    ]
    chart = (
        alt.Chart(_values(parts))
        .mark_bar()
        .encode(
            y=alt.Y(
                "label:N",
                sort=alt.EncodingSortField("place", op="min"),
                title=None,
                axis=alt.Axis(labelLimit=150),
            ),
            x=alt.X("calls:Q", title="calls received", axis=alt.Axis(tickCount=5)),
            color=alt.Color(
                "part:N",
                scale=alt.Scale(domain=["answered", "missed"]),
                legend=alt.Legend(title=None, orient="top"),
            ),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("label:N", title="extension"),
                alt.Tooltip("department:N", title="department"),
                alt.Tooltip("part:N", title="outcome"),
                alt.Tooltip("calls:Q", title="calls"),
                alt.Tooltip("answered_rate:Q", title="answered rate", format=".0%"),
            ],
        )
    )
    return _finished(chart, 22 * len(rows) + AROUND, "Calls received by extension")


def _queues(rows: list[Row]) -> Spec:
    named = [{**row, "label": f"{row['queue']} ({row['pbx']})"} for row in rows]
    bars = (
        alt.Chart(_values(named))
        .mark_bar()
        .encode(
            y=alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelLimit=180)),
            x=alt.X(
                "service_level:Q",
                title="answered within the limit",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format=".0%", tickCount=5),
            ),
            tooltip=[
                alt.Tooltip("label:N", title="queue"),
                alt.Tooltip("service_level:Q", title="service level", format=".1%"),
                alt.Tooltip("offered:Q", title="offered"),
                alt.Tooltip("answered_within:Q", title="answered within the limit"),
                alt.Tooltip("abandoned:Q", title="abandoned"),
                alt.Tooltip("speed_of_answer:Q", title="average speed of answer, seconds", format=".1f"),
            ],
        )
    )
    target = (
        alt.Chart(alt.InlineData(values=[{"target": SERVICE_TARGET}]))
        .mark_rule(strokeDash=[4, 3], strokeWidth=2)
        .encode(x="target:Q", tooltip=[alt.Tooltip("target:Q", title="usual target", format=".0%")])
    )
    return _finished(bars + target, 28 * len(rows) + AROUND, "Service level by call queue")


def label(row: Row) -> str:
    """Return how an extension is named on the page."""
    # Isolated, so that a name written from right to left does not swap places with the number.
    return f"{row['extension']} · \u2068{row['person'] or 'no name'}\u2069"
