"""Items 8, 10, 17 and 18 of the strangers' list: pages and counts of calls, and summaries in pages."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from integration_tests.harness import marks
from integration_tests.strangers.account import Account
from integration_tests.strangers.exchange import Reply, Request, first
from integration_tests.strangers.reading import completed, failed, messages, read, warnings
from integration_tests.strangers.rows import call_page, call_row, queue_call, report_row

CALLS = {"call_records": "/call-records", "call_legs": "/call-legs"}
ONE_DAY: dict[str, Any] = {"pbx_ids": ["alpha"], "start_date": "2026-11-23", "end_date": "2026-11-23"}
MANY = 40
"""Requests after which a test lets endless pages end, so that it does."""


@pytest.mark.parametrize(
    ("stream", "total", "rows"),
    [
        ("call_records", -1, 0),
        ("call_legs", -5, 1),
        ("call_records", "-1", 0),
        ("call_records", 2.5, 1),
        ("call_legs", True, 1),
    ],
)
def test_an_impossible_count_of_calls_is_no_report(
    account: Account, stream: str, total: Any, rows: int
) -> None:
    def reply(request: Request) -> Reply:
        return call_page([call_row(request, "alpha", i) for i in range(rows)], total, "No Data")

    account.on(CALLS[stream], reply)
    run = read(account, stream, **ONE_DAY)
    failed(run, stream, "alpha")
    assert run.rows == []
    assert marks(run.state, stream) == {}


@pytest.mark.parametrize(("stream", "total"), [("call_records", "81"), ("call_legs", 81.0)])
def test_a_count_of_calls_is_a_number_however_it_is_written(
    account: Account, stream: str, total: Any
) -> None:
    def reply(request: Request) -> Reply:
        rows = [call_row(request, "alpha", i) for i in range(81)]
        return call_page(rows[81:] if "scrollId" in request.query else rows, total, "next")

    account.on(CALLS[stream], reply)
    run = read(account, stream, **ONE_DAY)
    assert run.code == 0, messages(run)
    assert len(run.rows) == 81


@pytest.mark.parametrize("total", ["81", 81.0])
def test_calls_that_are_missing_from_a_written_count_are_noticed(account: Account, total: Any) -> None:
    account.on("/call-records", lambda request: call_page([call_row(request, "alpha", 1)], total, "No Data"))
    failed(read(account, "call_records", **ONE_DAY), "call_records", "81")


SUMMARIES = {
    "extension_summary": "/extsum",
    "company_summary": "/compsum",
    "ring_group_summary": "/rgsum-groups",
    "ring_group_member_summary": "/rgsum-members",
}
WRAPPED = {"meta": {"totalRecordCount": 1, "scrollId": "next"}}
LINKS = {
    "quoted": '<https://api.8x8.com/next>; rel="next"',
    "bare": "<https://api.8x8.com/next>; rel=next",
    "second": '<https://api.8x8.com/1>; rel="prev", <https://api.8x8.com/3>; title="x"; rel="last next"',
}


def in_pages(kind: str) -> Callable[[Request], Reply]:
    """Return a handler of a summary that comes in pages."""

    def reply(request: Request) -> Reply:
        rows = [report_row(request, "alpha")]
        if kind == "wrapped":
            return Reply({**WRAPPED, "data": rows})
        return Reply(rows, headers={"Link": LINKS[kind]})

    return reply


@pytest.mark.parametrize(
    ("stream", "kind"),
    [*((stream, "wrapped") for stream in SUMMARIES), *(("extension_summary", kind) for kind in LINKS)],
)
def test_a_summary_in_pages_is_no_whole_report(account: Account, stream: str, kind: str) -> None:
    """One sentence, and no second try: it would say the same."""
    account.on(SUMMARIES[stream], in_pages(kind))
    run = read(account, stream, **ONE_DAY)
    assert run.code == 1
    assert run.rows == []
    assert completed(run) == set()
    (error,) = run.errors
    for word in (stream, "alpha", "pages", "version"):
        assert word in error["message"]
    assert len(account.received(SUMMARIES[stream])) == 1


def test_a_queue_report_with_a_link_to_more_is_no_whole_report(account: Account) -> None:
    link = {"Link": LINKS["quoted"]}
    account.on("/agent-activity", lambda _: Reply({"agentActivity": []}, headers=link))
    run = read(account, "agent_summary", **ONE_DAY)
    assert run.code == 1
    assert "pages" in messages(run)


@pytest.mark.parametrize(
    ("stream", "status"), [("call_records", 400), ("call_legs", 404), ("call_legs", 410)]
)
def test_a_scroll_id_that_has_expired_makes_the_pages_be_read_once_more(
    account: Account, stream: str, status: int
) -> None:
    expired = first(1, lambda _: Reply({"status": status, "message": "scrollId expired"}, status))

    def reply(request: Request) -> Reply:
        page = int(request.query.get("scrollId", "0"))
        if page == 1 and (refusal := expired(request)):
            return refusal
        rows = [call_row(request, "alpha", i) for i in range(page * 2, page * 2 + 2)] if page < 3 else []
        return call_page(rows, 6, str(page + 1) if rows else "No Data")

    account.on(CALLS[stream], reply)
    run = read(account, stream, **ONE_DAY)
    assert run.code == 0, messages(run)
    assert len({row["callId"] for row in run.rows}) == len(run.rows) == 6


@pytest.mark.parametrize("status", [400, 410])
def test_a_scroll_id_that_always_expires_fails_the_window(account: Account, status: int) -> None:
    def reply(request: Request) -> Reply:
        if "scrollId" in request.query:
            return Reply({"status": status, "message": "scrollId expired"}, status)
        return call_page([call_row(request, "alpha", 1)], 2, "1")

    account.on("/call-records", reply)
    run = read(account, "call_records", **ONE_DAY)
    failed(run, "call_records", "alpha")
    assert len(account.received("/call-records")) <= 6, "its pages are read twice"
    assert marks(run.state, "call_records") == {}


@pytest.mark.parametrize(("stream", "total"), [("call_records", 3), ("call_legs", 5)])
def test_pages_that_never_end_do_end(account: Account, stream: str, total: int) -> None:
    """The same rows come under a new `scrollId` each time. With all that were counted, the day is whole."""
    numbers = count()

    def reply(request: Request) -> Reply:
        number = next(numbers)
        rows = [call_row(request, "alpha", i) for i in range(3)] if number < MANY else []
        return call_page(rows, total, f"scroll-{number}")

    account.on(CALLS[stream], reply)
    run = read(account, stream, **ONE_DAY)
    assert len(account.received(CALLS[stream])) <= 6, "a page that brings nothing new ends them"
    if run.code == 0:
        assert total == 3
        assert len(run.rows) == 3
    else:
        failed(run, stream, "alpha")


def test_queue_calls_end_where_the_cursor_is_inclusive(account: Account) -> None:
    """Each page begins with the last call of the one before, so the last page repeats that one call."""

    def reply(request: Request) -> Reply:
        calls = [queue_call(request, i) for i in range(5)]
        after = request.query.get("startingAfter", "")
        return Reply({"calls": [call for call in calls if call["callId"] >= after][:3]})

    account.on("/calls", reply)
    run = read(account, "queue_calls", **ONE_DAY)
    assert run.code == 0, messages(run)
    assert len({row["callId"] for row in run.rows}) == len(run.rows) == 5
    assert warnings(run) == []
    assert len(account.received("/calls")) <= 4


@pytest.mark.parametrize("calls", [1, 3])
def test_queue_calls_whose_cursor_is_ignored_end(account: Account, calls: int) -> None:
    """One call that comes again and again may be the end of inclusive pages; three are no end."""
    numbers = count()

    def reply(request: Request) -> Reply:
        rows = [queue_call(request, i) for i in range(calls)] if next(numbers) < MANY else []
        return Reply({"calls": rows})

    account.on("/calls", reply)
    run = read(account, "queue_calls", **ONE_DAY)
    assert len(account.received("/calls")) <= 4
    if calls == 1:
        assert run.code == 0, messages(run)
        assert len(run.rows) == 1
    else:
        failed(run, "queue_calls", "alpha")
