"""The page: drawn from rows, self-contained, and nothing in the data becomes part of it."""

import json
import re
import shutil
import subprocess
from datetime import date, datetime
from pathlib import Path

import pytest

from scripts.report import page
from scripts.report_charts import charts
from scripts.report_data import ReportData

EVIL = "</script><img src=x onerror=\"document.title='owned'\">\u2028'é佐藤"
DAY = date(2026, 11, 2)
DATA = ReportData(
    span={"first_day": DAY, "last_day": DAY, "pbxes": [EVIL]},
    totals={
        "calls": 3,
        "inbound": 2,
        "inbound_answered": 1,
        "answered": 1,
        "talk_seconds": 65.0,
        "read_at": datetime(2026, 11, 3),
        "missed_outside": 0,
        "returned": 0,
        "not_returned": 0,
        "service_level": None,
        "offered": 0,
    },
    days=[{"day": DAY, "outcome": "answered", "calls": 1}, {"day": DAY, "outcome": "missed", "calls": 1}],
    hours=[{"weekday": 1, "hour": 9, "calls": 2, "calls_an_hour": 2.0}],
    extensions=[
        {
            "pbx": EVIL,
            "extension": "1001",
            "person": person,
            "department": EVIL,
            "calls": 3,
            "inbound": 2,
            "inbound_answered": 1,
            "outbound": 1,
            "missed": 1,
            "answered_rate": 0.5,
            "talk_seconds": 65.0,
            "average_talk_seconds": None,
        }
        for person in (EVIL, None)
    ],
    extension_count=2,
    missed=[{"day": DAY, "fate": "not returned", "calls": 1}],
    waiting=[
        {
            "missed_local": datetime(2026, 11, 2, 9, 5),
            "caller": caller,
            "department": None,
            "branch": EVIL,
            "pbx": EVIL,
        }
        for caller in (EVIL, None)
    ],
    queues=[
        {
            "pbx": EVIL,
            "queue": EVIL,
            "offered": 4,
            "answered": 2,
            "answered_within": 1,
            "abandoned": 1,
            "service_level": 0.25,
            "speed_of_answer": 20.5,
        }
    ],
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def markup(html: str) -> str:
    """Return a page without its scripts."""
    return re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)


def test_the_page_holds_its_library_and_asks_for_nothing() -> None:
    html = page(DATA)
    assert "default-src 'none'" in html
    assert "vegaEmbed" in html
    assert not re.findall(r"(?:src|href)=[\"'](?!data:)", markup(html))


def test_text_from_the_data_is_escaped_everywhere() -> None:
    html = page(DATA)
    assert "<img" not in markup(html)
    assert html.count("</script>") == 2
    found = json.loads(html.split("const charts = ")[1].split(";\n")[0])
    assert found == json.loads(json.dumps(charts(DATA)))
    (rows,) = found["extensions"]["datasets"].values()
    assert EVIL in rows[0]["label"]


def test_every_part_with_rows_has_its_chart() -> None:
    assert set(charts(DATA)) == {"days", "hours", "extensions", "missed", "queues"}
    nothing = ReportData({"first_day": None, "last_day": None, "pbxes": None}, {})
    assert charts(nothing) == {}
    assert "No calls were loaded yet." in page(nothing)


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_a_browser_draws_every_chart(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(page(DATA), encoding="utf-8")
    assert CHROMIUM is not None
    done = subprocess.run(
        [
            *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            *(f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=20000", "--dump-dom"),
            file.as_uri(),
        ],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert 'data-drawn="light"' in done.stdout, done.stderr[-2000:]
    assert done.stdout.count("<svg") >= 5
    assert "<title>Phone report</title>" in done.stdout
    assert "<img" not in markup(done.stdout)
