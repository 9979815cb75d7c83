"""The connector's streams as the manifest declares them, and the requests that the doctor sends for them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from source_8x8_work_analytics.doctor.model import Request
from source_8x8_work_analytics.manifest import load_manifest
from source_8x8_work_analytics.retrievers.paging import PAGE_SIZE

CALLS = ("call_records", "call_legs")
LISTS_OF_A_PBX = ("sites", "call_queues", "call_queue_agents")
LISTS = ("pbxes", *LISTS_OF_A_PBX)
CALLS_A_PAGE = 500
"""Enough calls for a good sample, and a small request."""
OWN_FIELDS = ("report_date", "window_start", "window_end", "time_zone", "window_complete")
"""Fields that the connector adds."""


@dataclass(frozen=True)
class Stream:
    """A stream of the manifest.

    Attributes:
        endpoint: as the manifest writes it; of the lists of a PBX only its last part.
        key: what identifies a row within one report.
        types: the JSON types of each documented field.
        renamed: other spellings of fields.
    """

    endpoint: str
    key: tuple[str, ...]
    types: dict[str, tuple[str, ...]]
    lists: tuple[str, ...]
    renamed: dict[str, str]


@lru_cache(maxsize=1)
def streams() -> dict[str, Stream]:
    """Return the manifest's streams by name, in its order."""
    manifest = load_manifest()
    return {stream["name"]: _stream(stream, manifest["schemas"]) for stream in manifest["streams"]}


def _stream(stream: dict[str, Any], schemas: dict[str, Any]) -> Stream:
    parameters = stream["$parameters"]
    properties = schemas[stream["name"]]["properties"]
    return Stream(
        endpoint=parameters["endpoint"],
        key=tuple(name for name in stream.get("primary_key", ["id"]) if name not in OWN_FIELDS),
        types={
            name: _types(schema)
            for name, schema in properties.items()
            if name not in OWN_FIELDS and not name.startswith("$")
        },
        lists=tuple(parameters.get("lists", ())),
        renamed=parameters.get("renamed", {}),
    )


def _types(schema: dict[str, Any]) -> tuple[str, ...]:
    types = schema["type"]
    return (types,) if isinstance(types, str) else tuple(types)


@lru_cache(maxsize=1)
def additive_fields() -> tuple[str, ...]:
    """Return the fields of an extension summary that add up over days: counts and total times."""
    types = streams()["extension_summary"].types
    return tuple(
        name
        for name, kinds in types.items()
        if {"integer", "number"} & set(kinds) and not name.startswith(("Avg_", "Percent_"))
    )


def report(stream: str, pbx: str, start: str, end: str, zone: str, **more: str) -> Request:
    """Return the request for a report, with the parameters that the connector sends."""
    params = {"pbxId": pbx, "startTime": start, "endTime": end, "timeZone": zone, **more}
    return Request(stream, streams()[stream].endpoint, tuple(params.items()))


def calls(stream: str, pbx: str, start: str, end: str, zone: str, page_size: int = CALLS_A_PAGE) -> Request:
    """Return the request for the first page of call records or legs."""
    return report(stream, pbx, start, end, zone, pageSize=str(page_size))


def listing(stream: str, opaque_id: str = "", page: int = 0) -> Request:
    """Return the request for a page of a list; those of one PBX take its opaque id."""
    endpoint = streams()[stream].endpoint
    path = f"v2/pbxes/{opaque_id}/{endpoint}" if stream in LISTS_OF_A_PBX else endpoint
    return Request(stream, path, (("page", str(page)), ("size", str(PAGE_SIZE))))


def of_pbx(name: str, opaque_id: str, **params: str) -> Request:
    """Return the request for one of the newer reports of a PBX."""
    return Request(name, f"v2/pbxes/{opaque_id}/{name}", tuple(params.items()))
