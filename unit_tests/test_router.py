"""Which slices the CDK is handed, and when."""

from collections.abc import Iterator, Sequence
from typing import Any

import pendulum
import pytest
from airbyte_cdk.sources.types import StreamSlice

from source_8x8_work_analytics.context import Context, with_context
from source_8x8_work_analytics.retrievers.pbx_directory import PbxDirectory
from source_8x8_work_analytics.windows.calendar import window_at
from source_8x8_work_analytics.windows.router import WindowRouter
from source_8x8_work_analytics.windows.window_read import WindowRead
from testing.builders import config

asked: list[tuple[str, Sequence[str]]] = []
begun: list[str] = []


@pytest.fixture(autouse=True)
def _anew() -> None:
    asked.clear()
    begun.clear()


def windows(stream: str, pbx_ids: Sequence[str]) -> Iterator[WindowRead]:
    asked.append((stream, list(pbx_ids)))
    for number, pbx_id in enumerate(pbx_ids):
        begun.append(pbx_id)
        window = window_at(pendulum.date(2026, 11, 22 + number), "day", "UTC")
        yield WindowRead(pbx_id, window, (window, window), "last_second")


def router(**options: Any) -> WindowRouter:
    """A router of two PBXs; `windows` notes what it asks for."""
    settings = config(pbx_ids=["acmecorp", "beta"])
    return WindowRouter(
        config=with_context(settings, Context(settings, windows)), parameters={"stream_name": "x"}, **options
    )


def test_each_window_is_a_slice_when_its_turn_comes() -> None:
    slices = iter(router().stream_slices())
    assert begun == []
    first = next(slices)
    assert isinstance(first, StreamSlice)
    assert begun == ["acmecorp"]
    assert [(read.pbx_id, read.window.report_date) for read in map(WindowRead.of, [first, *slices])] == [
        ("acmecorp", "2026-11-22"),
        ("beta", "2026-11-23"),
    ]
    assert asked == [("x", ["acmecorp", "beta"])]


def test_pbxes_are_those_of_the_list_where_a_requester_fetches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PbxDirectory, "names", lambda _, requester: [f"of {requester}"])
    assert len(list(router(pbxes_requester="the requester").stream_slices())) == 1
    assert asked == [("x", ["of the requester"])]


def test_a_router_is_one_of_a_stream() -> None:
    with pytest.raises(KeyError):
        WindowRouter(config={})


def test_the_manifest_says_what_a_row_covers() -> None:
    assert (router().summary, router().by_day) == (True, False)
    assert router(by_day=True, summary=False).by_day


def test_nothing_is_added_to_a_request() -> None:
    added = router()
    assert added.get_stream_state() is None
    for nothing in (
        added.get_request_params(),
        added.get_request_headers(),
        added.get_request_body_data(),
        added.get_request_body_json(),
    ):
        assert nothing == {}
