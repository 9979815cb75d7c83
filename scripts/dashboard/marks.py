"""Shared parts of the charts."""

from typing import Any

import altair as alt

from scripts.dashboard.look import MEANINGS

LABELS = alt.Axis(labelLimit=alt.ExprRef("width < 500 ? 150 : 270"), ticks=False, domain=False)

Spec = dict[str, Any]


def finished(chart: Any, height: int, description: str, **settings: int) -> Spec:
    sized = chart.properties(
        width="container",
        height=height,
        description=description,
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    )
    spec: Spec = sized.to_dict()
    del spec["config"]  # Altair's own look is not needed: the page has one for each color scheme.
    return spec | {"usermeta": settings}


def rows() -> alt.Chart:
    return alt.Chart(alt.NamedData("rows"))


def color(field: str, meanings: dict[str, str]) -> alt.Color:
    """Return the encoding of a mark's meaning as a color, which has a fixed position in the look's list."""
    names = {meaning: name for name, meaning in meanings.items()}
    assert len(names) == len(meanings), "two names with the same meaning would look alike"
    # An unused color gets a name that no row has, so that the other colors keep their positions.
    domain = [names.get(meaning, f"\u200b{meaning}") for meaning in MEANINGS]
    return alt.Color(
        f"{field}:N",
        scale=alt.Scale(domain=domain),
        legend=alt.Legend(
            title=None, orient="top", columns=alt.ExprRef("width < 500 ? 2 : 6"), values=list(meanings)
        ),
    )


def rule(target: float) -> Any:
    return (
        alt.Chart(alt.InlineData(values=[{"goal": target}]))
        .mark_rule(strokeDash=[4, 3], strokeWidth=2)
        .encode(tooltip=[alt.Tooltip("goal:Q", title="target", format=".0%")])
    )
