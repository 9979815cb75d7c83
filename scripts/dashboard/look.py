"""Chart colors and fonts for each color scheme."""

from typing import Any

SCHEMES = ("light", "dark")
# What the colors mean, in the order of the charts' scales. Blue and orange can be told apart with any
# kind of color blindness.
MEANINGS = ("good", "bad", "warning", "neutral", "late", "faint")
COLORS = {
    "light": {
        "good": "#1f7a8c",
        "bad": "#d1495b",
        "warning": "#e0a030",
        "neutral": "#a7b0bc",
        "late": "#8fc4cd",
        "faint": "#d8dde3",
        "ink": "#1b2430",
        "quiet": "#56616f",
        "line": "#e3e8ed",
    },
    "dark": {
        "good": "#4fb6c6",
        "bad": "#f2788a",
        "warning": "#f0c05a",
        "neutral": "#76828f",
        "late": "#2f7683",
        "faint": "#46515d",
        "ink": "#e8edf2",
        "quiet": "#9eabb9",
        "line": "#2b3642",
    },
}
RAMPS = {
    "good": {
        "light": ["#f1f5f6", "#a5d0d8", "#1f7a8c", "#123f4a"],
        "dark": ["#1d2730", "#1f5a66", "#3fa3b2", "#c8f1f5"],
    },
    "bad": {
        "light": ["#f7f3f3", "#efb9c0", "#d1495b", "#7a1f2d"],
        "dark": ["#241d22", "#6e303b", "#d9596c", "#ffd5da"],
    },
}
FONT = "system-ui, sans-serif"


def look(scheme: str, ramp: str = "good") -> dict[str, Any]:
    """Return the Vega-Lite configuration of a color scheme.

    Args:
        scheme: light or dark.
        ramp: whether a larger quantity is good or bad, for charts that color by quantity.
    """
    colors = COLORS[scheme]
    text = {
        "labelColor": colors["quiet"],
        "titleColor": colors["quiet"],
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    }
    lines = {"gridColor": colors["line"], "domainColor": colors["line"], "tickColor": colors["line"]}
    return {
        "background": "transparent",
        "font": FONT,
        "view": {"stroke": None},
        "axis": text | lines,
        "legend": text | {"labelColor": colors["ink"], "symbolType": "square"},
        "bar": {"color": colors["good"]},
        "tick": {"color": colors["ink"]},
        "rule": {"color": colors["ink"]},
        "range": {
            "category": [colors[meaning] for meaning in MEANINGS],
            "heatmap": RAMPS[ramp][scheme],
            "ramp": RAMPS[ramp][scheme],
        },
    }


def looks() -> dict[str, dict[str, dict[str, Any]]]:
    """Return the configurations by color scheme and ramp."""
    return {scheme: {ramp: look(scheme, ramp) for ramp in RAMPS} for scheme in SCHEMES}
