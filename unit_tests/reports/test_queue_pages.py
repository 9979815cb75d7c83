import pytest

from source_8x8_work_analytics.retrievers.queue_pages import PagesRepeat, group_of, new_calls
from source_8x8_work_analytics.retrievers.queue_payload import (
    Row,
)


def page(*ids: str, group: str = "q1") -> list[Row]:
    return [{"callId": call, "workGroup_id": group} for call in ids]


def test_the_group_of_a_call_is_its_id_or_else_its_extension() -> None:
    assert group_of({"workGroup_id": "q1", "workGroup_extension": "2201"}) == "q1"
    assert group_of({"workGroup_id": None, "workGroup_extension": "2201"}) == "2201"
    assert group_of({}) is None


def test_pages_may_overlap_but_must_bring_something_new() -> None:
    groups = {"1": "q1", "2": "q1"}
    assert new_calls(page("2", "3"), groups) == page("3")
    assert groups == {"1": "q1", "2": "q1", "3": "q1"}
    assert new_calls([], groups) == []
    with pytest.raises(PagesRepeat, match=r"^sent a page of calls that were all sent before$"):
        new_calls(page("2"), groups)
    with pytest.raises(PagesRepeat, match=r"^sent one call under two queues$"):
        new_calls(page("2", "3", group="q2"), groups)
