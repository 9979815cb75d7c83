"""The dashboard of one's own tables: loaded by PyAirbyte into DuckDB and PostgreSQL, by one command."""

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from integration_tests.dbt_package import Row
from integration_tests.dbt_truth.loaded import DAYS, Warehouse
from scripts.dashboard.__main__ import main

pytestmark = [pytest.mark.xdist_group("databases"), pytest.mark.filterwarnings("ignore")]


def rows_of(html: str, part: str) -> list[Row]:
    embedded: dict[str, Any] = json.loads(html.split('id="data">')[1].split("</script>")[0])
    found = embedded["parts"][part]
    return [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]


def location(warehouse: Warehouse) -> str:
    return warehouse.url.removeprefix("duckdb:///")


@pytest.fixture
def html(warehouse: Warehouse, tmp_path: Path) -> str:
    out = tmp_path / "dashboard.html"
    main(["--database", location(warehouse), "--schema", "answers", "--days", "4", "--out", str(out)])
    return out.read_text(encoding="utf-8")


def test_calls_are_those_of_8x8(html: str, warehouse: Warehouse) -> None:
    expected: Counter[tuple[date, str, str]] = Counter()
    for row in warehouse.mart("calls"):
        if row["local_date"] >= DAYS[-8]:
            expected[row["local_date"], row["direction"], row["outcome"]] += 1
    found: Counter[tuple[date, str, str]] = Counter()
    for row in rows_of(html, "calls"):
        found[date.fromisoformat(row["day"]), row["direction"], row["outcome"]] += row["calls"]
    assert found == expected


def test_extensions_are_those_of_8x8(html: str, extension_rows: list[Row]) -> None:
    expected: Counter[tuple[str, str, str]] = Counter()
    for row in extension_rows:
        day = date.fromisoformat(str(row["report_date"]))
        if day >= DAYS[-8]:
            period = "inbound" if day >= DAYS[-4] else "inbound_before"
            expected[row["PbxId"], row["Extension"], period] += row["Inbound_Total"]
    found = Counter(
        {
            (row["pbx"], row["extension"], period): row[period]
            for row in rows_of(html, "extensions")
            for period in ("inbound", "inbound_before")
        }
    )
    assert +found == +expected


@pytest.mark.soak
def test_one_command_from_the_streams_to_the_page(warehouse: Warehouse, html: str, tmp_path: Path) -> None:
    out = tmp_path / "own.html"
    options = ["--raw-schema", "phone", "--schema", "own", "--days", "4", "--out", str(out)]
    main(["--database", location(warehouse), *options, "--service-level-seconds", "5"])
    own = out.read_text(encoding="utf-8")
    assert rows_of(own, "calls") == rows_of(html, "calls")
    within = [sum(row["answered_within"] for row in rows_of(page, "queues")) for page in (html, own)]
    assert 0 < within[1] < within[0]
