"""`make report`: one self-contained page from the marts in a DuckDB file.

The page asks for nothing over a network: its content security policy forbids it.
"""

import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from scripts.dbt_build import FILE, SCHEMA
from scripts.report_charts import SERVICE_TARGET, charts, label
from scripts.report_data import TOP, ReportData, read

PAGE = "demo/report.html"
CATEGORIES = {
    "light": ["#2a7f8e", "#d9603b", "#e3a72f", "#a3abb8", "#8cc3cb"],
    "dark": ["#4fb3c1", "#f08a63", "#f0c05a", "#7d8794", "#2c6d78"],
}
RAMPS = {
    "light": ["#f1f5f6", "#9ccbd1", "#2a7f8e", "#123f4a"],
    "dark": ["#1d2730", "#1f5a66", "#3fa3b2", "#c8f1f5"],
}
INKS = {"light": ("#1b2430", "#5c6775", "#e4e8ec"), "dark": ("#e8edf2", "#9aa7b5", "#2b3642")}


def look(scheme: str) -> dict[str, Any]:
    """Return the Vega-Lite configuration of a color scheme."""
    ink, quiet, line = INKS[scheme]
    font = "system-ui, sans-serif"
    return {
        "background": "transparent",
        "font": font,
        "view": {"stroke": None},
        "axis": {
            "labelColor": quiet,
            "titleColor": quiet,
            "gridColor": line,
            "domainColor": line,
            "tickColor": line,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
        },
        "legend": {
            "labelColor": ink,
            "titleColor": quiet,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
        },
        "bar": {"color": CATEGORIES[scheme][0]},
        "rule": {"color": ink},
        "range": {"category": CATEGORIES[scheme], "heatmap": RAMPS[scheme], "ramp": RAMPS[scheme]},
    }


def minutes(seconds: float | None) -> str:
    """Return a time as a person reads it: 3:05."""
    return "–" if seconds is None else f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def percent(share: float | None) -> str:
    """Return a share as a person reads it: 83%."""
    return "–" if share is None else f"{share:.0%}"


def share(part: float | None, whole: float | None) -> float | None:
    """Return a part of a whole, None where there is no whole."""
    return (part or 0) / whole if whole else None


@lru_cache
def library() -> str:
    """Return Vega-Embed and what it needs, in one script; making it takes seconds."""
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")


def page(data: ReportData) -> str:
    """Return the page as HTML. Everything from the data is escaped: text by the template, charts as JSON."""
    folder = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"minutes": minutes, "percent": percent, "label": label}
    return environment.get_template("report.html.jinja").render(
        data=data,
        charts=charts(data),
        looks={scheme: look(scheme) for scheme in ("light", "dark")},
        library=library(),
        share=share,
        top=TOP,
        target=SERVICE_TARGET,
    )


def write(file: str = FILE, schema: str = SCHEMA, path: str = PAGE) -> None:
    """Write the page."""
    Path(path).write_text(page(read(file, schema)), encoding="utf-8")


if __name__ == "__main__":
    write(*sys.argv[1:])
