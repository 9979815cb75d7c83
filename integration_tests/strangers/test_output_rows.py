"""Items 5, 11 and 21 of the strangers' list: what reaches the destination of rows that are odd."""

import json
from typing import Any

import pytest

from integration_tests.harness import marks
from integration_tests.strangers.account import Account
from integration_tests.strangers.exchange import Reply, Request
from integration_tests.strangers.reading import completed, failed, messages, read, rows_of, warnings
from integration_tests.strangers.rows import call_page, call_row, list_page, queue_row, report_row

ONE_DAY: dict[str, Any] = {"pbx_ids": ["alpha"], "start_date": "2026-11-23", "end_date": "2026-11-23"}
TOO_LARGE = {"1e999": b"1e999", "-1e999": b"-1e999", "400 digits": b"9" * 400, "1e400 point": b"1.5e400"}


def replaced(reply: Reply, text: bytes) -> Reply:
    """Return a reply whose body has some bytes in the place of "<here>", quotes included."""
    return Reply(json.dumps(reply.body).encode().replace(b'"<here>"', text))


@pytest.mark.parametrize("dedup", ["extension_summary", "ring_group_summary"])
def test_rows_of_one_key_say_what_becomes_of_them(account: Account, dedup: str) -> None:
    """A department that changed: Append keeps both rows, Deduped tables keep one."""

    def reply(request: Request) -> Reply:
        return Reply([report_row(request, "alpha", Department=name) for name in ("Sales", "Support")])

    account.on("/extsum", reply)
    account.on("/rgsum-groups", reply)
    run = read(account, dedup, **ONE_DAY)
    assert run.code == 0, messages(run)
    assert len(run.rows) == 2
    (warning,) = warnings(run, dedup, "key")
    assert "dedup" in warning.casefold()
    assert "all were kept" not in warning


def nul_in_every_stream(account: Account) -> None:
    """Put a NUL into texts, lists of texts and the names of fields."""
    name = "A\u0000B"
    account.on("/extsum", lambda request: Reply([report_row(request, "alpha", FirstName=name)]))
    account.on(
        "/call-records",
        lambda request: call_page(
            [call_row(request, "alpha", 1, callerName=name, departments=[name, "Sales"])], 1, "No Data"
        ),
    )
    account.on(
        "/sites",
        lambda request: list_page(request, "siteList", [{"id": "s1", "pbxId": "id-alpha", "name": name}]),
    )
    account.on(
        "/call-queue-metrics",
        lambda request: Reply({"callQueues": [{**queue_row(request, "alpha"), "name": name}]}),
    )


def test_nul_is_replaced_in_every_kind_of_report(account: Account) -> None:
    nul_in_every_stream(account)
    run = read(account, "extension_summary", "call_records", "sites", "call_queue_summary", **ONE_DAY)
    assert run.code == 0, messages(run)
    printed = "\n".join(json.dumps(line, ensure_ascii=False) for line in run.of("RECORD"))
    assert "\\u0000" not in printed
    assert printed.count("A\ufffdB") == 5
    assert warnings(run) == []


def test_nul_in_a_key_is_replaced_or_fails_the_window(account: Account) -> None:
    account.on("/extsum", lambda request: Reply([report_row(request, "alpha", "10\u000001")]))
    run = read(account, "extension_summary", **ONE_DAY)
    assert "\\u0000" not in json.dumps(run.lines)
    if run.code:
        failed(run, "extension_summary", "alpha")


@pytest.mark.parametrize("kind", TOO_LARGE)
def test_a_number_that_json_cannot_hold_is_null_and_named(account: Account, kind: str) -> None:
    account.on(
        "/extsum",
        lambda request: replaced(
            Reply([report_row(request, "alpha", Inbound_Total="<here>")]), TOO_LARGE[kind]
        ),
    )
    account.on(
        "/call-queue-metrics",
        lambda request: replaced(
            Reply({"callQueues": [queue_row(request, "alpha", totalTalkTime="<here>")]}), TOO_LARGE[kind]
        ),
    )
    run = read(account, "extension_summary", "call_queue_summary", **ONE_DAY)
    assert run.code == 0, messages(run)
    assert [row.get("Inbound_Total") for row in rows_of(run, "extension_summary")] == [None]
    assert [row.get("totalTalkTime") for row in rows_of(run, "call_queue_summary")] == [None]
    assert len(warnings(run, "extension_summary", "Inbound_Total")) == 1
    assert len(warnings(run, "call_queue_summary", "totalTalkTime")) == 1


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize("depth", [990, 1015])
def test_a_row_that_cannot_be_written_fails_its_window_only(account: Account, depth: int) -> None:
    """The other PBX, the other streams and the days before it are stored, and states are saved."""

    def reply(request: Request) -> Reply | None:
        if request.query["pbxId"] != "alpha" or request.day < "2026-11-22":
            return None
        return replaced(Reply([report_row(request, "alpha", Nested="<here>")]), nested(depth))

    account.on("/extsum", reply)
    run = read(account, "extension_summary", "company_summary", start_date="2026-11-20", num_workers=2)
    assert "Traceback" not in run.text
    assert completed(run) >= {"company_summary"}
    assert marks(run.state, "company_summary") == {"alpha": "2026-11-23", "beta": "2026-11-23"}
    found = {(row["PbxId"], row["report_date"]) for row in rows_of(run, "extension_summary")}
    days = [f"2026-11-{day}" for day in range(20, 25)]
    assert {("beta", day) for day in days} | {("alpha", day) for day in days[:2]} <= found
    if run.code == 0:  # a Python that writes what the parser takes
        assert {("alpha", day) for day in days} <= found
        return
    failed(run, "extension_summary", "alpha", "2026-11-22")
    assert marks(run.state) == {"alpha": "2026-11-21", "beta": "2026-11-23"}


HUGE = {
    "deep": nested(2000),
    "6,000 digits": b'{"code": ' + b"9" * 6000 + b"}",
    "deep object": b'{"a":' * 3000,
}


@pytest.mark.parametrize(
    ("status", "body"), [(400, "deep"), (403, "6,000 digits"), (404, "deep object"), (500, "deep")]
)
def test_an_error_whose_json_is_too_deep_or_too_large_is_no_traceback(
    account: Account, status: int, body: str
) -> None:
    account.on("/extsum", lambda _: Reply(HUGE[body], status))
    run = read(account, "extension_summary", "company_summary", **ONE_DAY)
    assert run.code == 1
    assert "Traceback" not in run.text
    assert "bug in the connector" not in run.text
    assert f"HTTP {status}" in messages(run)


@pytest.mark.parametrize(("status", "body"), [(200, "deep"), (400, "6,000 digits")])
def test_a_sign_in_whose_json_is_too_deep_or_too_large_is_no_traceback(
    account: Account, status: int, body: str
) -> None:
    """A guard, which held before."""
    account.on("/oauth/token", lambda _: Reply(HUGE[body], status))
    run = read(account, "extension_summary", **ONE_DAY)
    assert run.code == 1
    assert "Traceback" not in run.text
    (error,) = run.errors
    assert error["failure_type"] in ("config_error", "transient_error")
