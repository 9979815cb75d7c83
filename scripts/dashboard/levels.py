"""The service level charts, compared with the target."""

from typing import Any

import altair as alt

from scripts.dashboard.marks import LABELS, Spec, color, finished, rows, rule

AGAINST_TARGET = {"target met": "good", "below target": "bad"}
SHARE_ANSWERED: dict[str, Any] = {
    "title": "answered within the limit",
    "scale": alt.Scale(domain=[0, 1]),
    "axis": alt.Axis(format=".0%", tickCount=5),
}


def levels(target: float, description: str) -> Spec:
    """Return bars of the service level, one for each row of a table, with the target as a line."""
    y = alt.Y("label:N", sort=alt.EncodingSortField("place", op="min"), title=None, axis=LABELS)
    bars = (
        rows()
        .mark_bar()
        .encode(
            y=y,
            x=alt.X("level:Q", **SHARE_ANSWERED),
            color=color("target", AGAINST_TARGET),
            tooltip=[
                alt.Tooltip("label:N", title="queue"),
                alt.Tooltip("level:Q", title="service level", format=".1%"),
                alt.Tooltip("level_before:Q", title="previous period", format=".1%"),
                alt.Tooltip("offered:Q", title="calls offered"),
            ],
        )
    )
    before = (
        rows()
        .transform_filter("isValid(datum.level_before)")
        .mark_tick(thickness=3, size=20)
        .encode(
            y=y,
            x="level_before:Q",
            tooltip=[alt.Tooltip("level_before:Q", title="previous period", format=".1%")],
        )
    )
    return finished(bars + before + rule(target).encode(x="goal:Q"), 28, description, pixels_per_row=28)


def levels_by_hour(target: float, description: str) -> Spec:
    """Return bars of the service level, one for each hour of the day, with the target as a line."""
    bars = (
        rows()
        .mark_bar()
        .encode(
            x=alt.X("hour:O", title="hour of the day", axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            y=alt.Y("level:Q", **SHARE_ANSWERED),
            color=color("target", AGAINST_TARGET),
            tooltip=[
                alt.Tooltip("from:N", title="time"),
                alt.Tooltip("level:Q", title="service level", format=".1%"),
                alt.Tooltip("offered:Q", title="calls offered"),
            ],
        )
    )
    return finished(bars + rule(target).encode(y="goal:Q"), 180, description)
