"""The dashboard: right numbers, self-contained, and nothing in the data becomes part of the page."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from integration_tests.dashboard_marts import (
    BEFORE,
    EVIL,
    FIRST,
    LAST,
    OVERRIDE,
    call,
    extension,
    file_of,
    missed,
    queue,
    queue_day,
)
from scripts.dashboard.__main__ import main
from scripts.dashboard.charts import Target
from scripts.dashboard.data import DashboardData, read
from scripts.dashboard.database import opened
from scripts.dashboard.page import page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")


def data_of(file: str) -> DashboardData:
    with opened(file, "answers") as marts:
        return read(marts)


def markup(html: str) -> str:
    """Return a page without its scripts."""
    return re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)


def embedded(html: str) -> dict[str, Any]:
    """Return the data that a page carries."""
    found: dict[str, Any] = json.loads(html.split('id="data">')[1].split("</script>")[0])
    return found


def drawn(html: str, folder: Path, filters: str = "") -> str:
    """Return the elements of a page after Chromium ran it."""
    file = folder / "dashboard.html"
    file.write_text(html, encoding="utf-8")
    assert CHROMIUM is not None
    done = subprocess.run(
        [
            *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            *(f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=20000", "--dump-dom"),
            file.as_uri() + filters,
        ],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert 'data-drawn="light"' in done.stdout, done.stderr[-2000:]
    return done.stdout


def tiles(dom: str) -> dict[str, list[str]]:
    """Return the key figures of a drawn page: the number and all that stands below, by label."""
    found = {}
    for tile in re.findall(r'<li class="tile">(.*?)</li>', dom):
        number, label, *rest = [unescape(text) for text in re.findall(r">([^<]+)<", tile)]
        found[label] = [number, *rest]
    return found


def cells(dom: str, table: str) -> list[list[str]]:
    """Return the text of a drawn table's rows."""
    body = dom.split(f'id="{table}-table"')[1].split("<tbody")[1].split("</tbody>")[0]
    return [
        [unescape(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)]
        for row in re.findall(r"<tr.*?</tr>", body)
    ]


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Two PBXs; acmecorp has both periods, acme-apac this one only."""
    days = [
        *[call(FIRST, outcome="answered") for _ in range(6)],
        *[call(FIRST, outcome="missed") for _ in range(2)],
        *[call(FIRST, "outbound", "missed", department="Support") for _ in range(3)],
        call(LAST, "outbound", department="Sales, Support"),
        *[call(BEFORE) for _ in range(4)],
        call(LAST, pbx="acme-apac", department="Finance"),
        call(LAST + timedelta(days=1), window_complete=False),
    ]
    fates = [
        missed(FIRST, returned=True, returned_at=FIRST),
        missed(FIRST),
        missed(LAST, pending=True),
        missed(FIRST, caller=None),
        missed(FIRST, caller="Anonymous"),
    ]
    queues = [
        *[queue(day) for day in (BEFORE, FIRST, LAST)],
        queue(
            LAST, queue="q-2", queue_extension="1902", answered_within=2, average_speed_of_answer_seconds=39.0
        ),
    ]
    names = [queue_day(LAST), queue_day(LAST, queue="q-2", queue_extension="1902")]
    people = [
        extension(FIRST),
        extension(LAST, person=OVERRIDE),
        *[
            extension(LAST, extension=str(2000 + n), inbound=n, inbound_answered=n, department=EVIL)
            for n in range(20)
        ],
    ]
    return file_of(
        tmp_path / "marts.duckdb",
        calls=days,
        unreturned_calls=fates,
        service_levels=queues,
        queue_days=names,
        extension_days=people,
    )


@needs_chromium
def test_numbers_on_the_page(file: str, tmp_path: Path) -> None:
    dom = drawn(page(data_of(file), Target(seconds=30)), tmp_path, "#pbx=acmecorp")
    found = tiles(dom)
    assert found["calls received"][0] == "8"
    assert "up 100% from 4" in found["calls received"]
    assert found["of received calls answered"][:3] == ["75.0%", "✗ ", "below the target of 80%"]
    assert found["calls placed"][0] == "4"
    assert "25.0% were answered" in found["calls placed"]
    # One returned of two: one still has time, and two withheld their number.
    assert found["of missed calls from outside called back within 24 hours"][0] == "50.0%"
    assert found["missed calls not returned"][0] == "1"
    assert found["of queue calls answered within 30 seconds"][0] == "60.0%"
    assert found["average wait before a queue call is answered"][0] == "0:21"
    # What was placed and not picked up is not missed.
    assert [row[3] for row in cells(dom, "days")] == ["0", "2"]


@needs_chromium
def test_filters_and_what_is_compared(file: str, tmp_path: Path) -> None:
    html = page(data_of(file))
    everything = tiles(drawn(html, tmp_path))
    assert everything["calls received"][0] == "9"
    assert not any("from 4" in text for text in everything["calls received"]), (
        "a PBX lacks the earlier period"
    )
    support = tiles(drawn(html, tmp_path, "#pbx=acmecorp&department=Support"))
    assert support["calls placed"][0] == "4"
    assert support["calls received"][0] == "0"
    assert "queues of all departments" in support["of queue calls answered within 20 seconds"]


@needs_chromium
def test_tables_sum_up_what_they_do_not_list(file: str, tmp_path: Path) -> None:
    dom = drawn(page(data_of(file)), tmp_path)
    rows = cells(dom, "extensions")
    assert len(rows) == 16
    # All but the fifteen with the most calls received.
    listed = [int(row[4]) for row in rows[:-1]]
    assert listed == [19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 8, 7, 6]
    assert rows[-1][0] == "6 other extensions"
    assert rows[-1][4] == str(0 + 1 + 2 + 3 + 4 + 5)


@needs_chromium
def test_text_of_the_data_stays_text(file: str, tmp_path: Path) -> None:
    dom = drawn(page(data_of(file)), tmp_path)
    assert "<img" not in markup(dom)
    assert "<title>Phone dashboard</title>" in dom
    assert dom.count("<svg") >= 5


def test_page_contains_its_library_and_requests_nothing(file: str) -> None:
    html = page(data_of(file))
    assert "default-src 'none'" in html
    assert not re.findall(r"(?:src|href)=[\"'](?!data:|#)", markup(html))
    scripts = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert re.findall(r"'sha256-([^']+)'", html) == hashes
    assert "vegaEmbed" in scripts[0]


def test_text_is_escaped_and_changes_no_direction(file: str) -> None:
    html = page(data_of(file), title=EVIL)
    assert "<img" not in markup(html)
    assert "<img" not in html.split('id="data">')[1].split("</script>")[0]
    assert html.count("</script>") == 3
    assert "\u202e" not in json.dumps(embedded(html), ensure_ascii=False)
    assert "evil" in html


def test_queues_of_one_name_stay_apart(file: str) -> None:
    rows = data_of(file).parts["queues"]
    assert [(row["label"], row["offered"], row["offered_before"]) for row in rows] == [
        ("Sales (1901)", 20, 10),
        ("Sales (1902)", 10, 0),
    ]


def test_day_in_progress_is_left_out(file: str) -> None:
    data = data_of(file)
    assert data.periods is not None
    assert (data.periods.first, data.periods.last) == (FIRST, LAST)
    assert max(row["day"] for row in data.parts["calls"]) == LAST


@needs_chromium
def test_queues_alone(tmp_path: Path) -> None:
    file = file_of(tmp_path / "queues.duckdb", queue_days=[queue_day(LAST), queue_day(LAST, pbx="acme-apac")])
    html = page(data_of(file))
    assert "requires the stream queue_calls" in html
    dom = drawn(html, tmp_path)
    assert tiles(dom)["of queue calls answered"][0] == "90.0%"
    assert [row[:2] for row in cells(dom, "queues")] == [["Sales", "acme-apac"], ["Sales", "acmecorp"]]


@needs_chromium
def test_extensions_alone(tmp_path: Path) -> None:
    file = file_of(tmp_path / "extensions.duckdb", extension_days=[extension(BEFORE), extension(LAST)])
    found = tiles(drawn(page(data_of(file)), tmp_path))
    assert found["calls received by extensions"][0] == "4"
    assert "same as before (4)" in found["calls received by extensions"]


@needs_chromium
def test_parts_of_rarer_streams(tmp_path: Path) -> None:
    company = {"pbx": "acmecorp", "report_date": LAST, "inbound": 40, "inbound_answered": 30, "outbound": 5}
    agent = {"pbx": "acmecorp", "ring_group": "1901", "agent": "1001", "report_date": LAST}
    hours = {"pbx": "acmecorp", "offered": 4, "answered_within": 3}
    file = file_of(
        tmp_path / "rarer.duckdb",
        company_days=[company | {"answered": 32, "talk_seconds": 640, "window_complete": True}],
        ring_group_agent_days=[
            agent
            | {
                "logged_in_seconds": 7200,
                "offered": 9,
                "answered": 8,
                "talk_seconds": 1800,
                "window_complete": True,
            }
        ],
        service_levels=[queue(LAST)],
        service_level_intervals=[
            hours | {"interval_start": datetime(2026, 11, 27, hour, half)}
            for hour in (9, 10)
            for half in (0, 30)
        ],
    )
    data = data_of(file)
    assert [(row["hour"], row["offered"], row["answered_within"]) for row in data.parts["queue_hours"]] == [
        (9, 8, 6),
        (10, 8, 6),
    ]
    dom = drawn(page(data), tmp_path)
    assert tiles(dom)["calls received"][0] == "40"
    assert tiles(dom)["of received calls answered"][0] == "75.0%"
    assert cells(dom, "agents") == [["1001", "1901", "acmecorp", "2.0 h", "9", "8", "0.5 h", "25.0%"]]


def test_hours_without_calls_are_there(tmp_path: Path) -> None:
    interval = {"pbx": "acmecorp", "direction": "inbound", "minutes": 30}
    starts = [datetime(2026, 11, day, hour, half) for day in (20, 27) for hour in (9, 10) for half in (0, 30)]
    file = file_of(
        tmp_path / "hours.duckdb",
        calls=[call(LAST), call(LAST, outcome="missed"), call(LAST, "outbound")],
        call_intervals=[interval | {"interval_start": start} for start in starts],
    )
    found = [
        (row["weekday"], row["hour"], row["calls"], row["unanswered"], row["hours"])
        for row in data_of(file).parts["arrivals"]
    ]
    assert found == [(5, 9, 2, 1, 2), (5, 10, 0, 0, 2)]


def test_callers_who_call_again(tmp_path: Path) -> None:
    usual = {"pbx": "acmecorp", "caller": "+16175550100", "calls": 2, "answered": 1, "missed": 1}
    rows = [usual | {"local_date": day, "outside_number": "16175550100"} for day in (BEFORE, FIRST, LAST)]
    rows += [usual | {"local_date": LAST, "outside_number": "16175550199"}]
    (found,) = data_of(file_of(tmp_path / "again.duckdb", calls=[call(LAST)], repeat_callers=rows)).parts[
        "repeat"
    ]
    assert (found["days"], found["calls"], found["last_day"]) == (2, 4, LAST)


def test_late_pbx_is_named(tmp_path: Path) -> None:
    rows = [call(LAST), call(LAST - timedelta(days=9), pbx=EVIL)]
    html = page(data_of(file_of(tmp_path / "late.duckdb", calls=rows)))
    assert "has been loaded only through November 18, 2026" in html


def test_nothing_loaded(tmp_path: Path) -> None:
    file = file_of(tmp_path / "open.duckdb", calls=[call(LAST, window_complete=False)])
    assert "No completed days have been loaded yet." in page(data_of(file))


def test_command_writes_the_page(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "page.html"
    main(["--database", file, "--out", str(out), "--service-level-target", "90", "--title", "Acme"])
    assert out.as_uri() in capsys.readouterr().out
    html = out.read_text(encoding="utf-8")
    assert "<h1>Acme</h1>" in html
    assert embedded(html)["target"]["service_level"] == 0.9


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--database", "missing.duckdb"], "There is no file missing.duckdb."),
        (["--schema", "phone"], "The schema phone contains no marts of the dbt package"),
        (["--raw-schema", "phone"], "The schema phone contains no stream tables."),
    ],
)
def test_command_says_what_is_missing(
    arguments: list[str], sentence: str, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match=re.escape(sentence)):
        main(["--database", file, *arguments])


def test_percentage_out_of_range_is_rejected(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--answered-target", "800"])
    assert "800 is not between 0 and 100" in capsys.readouterr().err
