"""Alternatives that do the same work: `python -m benchmarks.rivals loop|bare|stock|limit CONFIG CATALOG`."""

import json
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any


def loop(config: dict[str, Any]) -> None:
    """Write a message for each row, as a person would with requests and the standard library."""
    import requests

    session = requests.Session()
    form = {"username": config["username"], "password": config["password"]}
    answer = session.post(f"{config['base_url']}/v1/oauth/token", data=form)
    session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    day, last = date.fromisoformat(config["start_date"]), date.fromisoformat(config["end_date"])
    while day <= last:
        window = {"startTime": f"{day} 00:00:00", "endTime": f"{day} 23:59:59"}
        params = {"pbxId": config["pbx_ids"][0], "timeZone": config["time_zone"], **window}
        for row in session.get(f"{config['base_url']}/v2/extsum", params=params).json():
            row.update(report_date=str(day), time_zone=config["time_zone"], window_complete=True)
            record = {"stream": "extension_summary", "data": row, "emitted_at": 0}
            print(json.dumps({"type": "RECORD", "record": record}))
        day += timedelta(days=1)


def bare(config: dict[str, Any]) -> None:
    """Read bare partitions on the CDK's concurrent engine, with no checks: the minimum for it."""
    from benchmarks.bare import read

    read(config)


def stock(config_path: str, catalog_path: str) -> None:
    """Run the stock low-code manifest with the same CDK."""
    from airbyte_cdk.entrypoint import launch
    from airbyte_cdk.sources.declarative.yaml_declarative_source import YamlDeclarativeSource

    source = YamlDeclarativeSource(
        str(Path(__file__).parent / "stock_manifest.yaml"),
        catalog=YamlDeclarativeSource.read_catalog(catalog_path),
        config=YamlDeclarativeSource.read_config(config_path),
        state=[],
    )
    launch(source, ["read", "--config", config_path, "--catalog", catalog_path])


def limit(config: dict[str, Any]) -> None:
    """Parse and dump the same bytes with orjson, in one process without a network."""
    import orjson

    from benchmarks.bodies import summary

    body = summary(config["rows"])
    day, last = date.fromisoformat(config["start_date"]), date.fromisoformat(config["end_date"])
    write = sys.stdout.buffer.write
    while day <= last:
        for row in orjson.loads(body):
            row.update(report_date=str(day), time_zone=config["time_zone"], window_complete=True)
            record = {"stream": "extension_summary", "data": row, "emitted_at": 0}
            write(orjson.dumps({"type": "RECORD", "record": record}) + b"\n")
        day += timedelta(days=1)


if __name__ == "__main__":
    which, config_path, catalog_path = sys.argv[1:]
    if which == "stock":
        stock(config_path, catalog_path)
    else:
        {"loop": loop, "bare": bare, "limit": limit}[which](json.loads(Path(config_path).read_text()))
