"""Odd responses of a service that works otherwise: a day is complete, or fails in one sentence."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from integration_tests.harness import TODAY, Run, marks, within
from integration_tests.truth import deduplicated, truth
from sandbox import Sandbox
from sandbox.faults import FOREVER, PAGES, REPORTS, Fault
from source_8x8_work_analytics import messages
from source_8x8_work_analytics.client.authenticator import DENIED_TOKENS, MAX_RENEWALS
from source_8x8_work_analytics.reports import calls
from testing.builders import catalog_file

FIRST, LAST = TODAY - timedelta(days=9), TODAY - timedelta(days=1)
ZONE = "America/New_York"
Read = Callable[..., Run]


@pytest.fixture
def sandbox(served: tuple[Sandbox, str]) -> Iterator[Sandbox]:
    """The sandbox, which is reset after the test."""
    sandbox, _ = served
    before = dict(vars(sandbox))
    sandbox.requests.clear()
    yield sandbox
    vars(sandbox).update(before)
    sandbox.faults.clear()
    sandbox.hidden_pbxes.clear()


@pytest.fixture
def read(served: tuple[Sandbox, str], sandbox: Sandbox, waits: list[float]) -> Read:
    """Run a command on some streams of one PBX over nine days."""

    def run(*streams: str, command: str = "read", state: Any = None, **more: Any) -> Run:
        options = {"pbx_ids": ["acmecorp"], "start_date": str(FIRST), "end_date": str(LAST), **more}
        return within(command, sandbox.config(served[1], **options), state, catalog_file(*streams))

    return run


def is_complete(run: Run, sandbox: Sandbox) -> None:
    """The extension summary is the truth, and has no row twice."""
    assert run.code == 0, run.errors
    expected = truth(sandbox, "acmecorp", FIRST, LAST, ZONE)
    assert deduplicated(run.rows) == expected
    assert len(run.rows) == len(expected)


def test_gateway_that_learns_of_new_tokens_late_does_not_end_a_sync(sandbox: Sandbox, read: Read) -> None:
    sandbox.faults.append(Fault("401", after=3, times=4))
    is_complete(read(num_workers=2), sandbox)
    assert len(sandbox.requests_to("/token")) <= 1 + MAX_RENEWALS


def test_tokens_that_are_all_rejected_end_a_sync_after_a_few_sign_ins(sandbox: Sandbox, read: Read) -> None:
    sandbox.faults.append(Fault("401", after=6, times=FOREVER))
    run = read(num_workers=10, pbx_ids=list(sandbox.pbxes()))
    assert run.code == 1
    (error,) = run.errors
    assert error["failure_type"] == "config_error"
    assert error["message"] == messages.TOKENS_REJECTED.text()
    assert len(sandbox.requests_to("/token")) == 1 + MAX_RENEWALS


def test_endpoint_that_rejects_accepted_tokens_fails_alone_after_three_sign_ins(
    sandbox: Sandbox, read: Read
) -> None:
    """It is the first one of the catalog, and rejects from its first request on."""
    sandbox.faults.append(Fault("401", path="/v1/compsum", times=FOREVER))
    run = read("company_summary", "extension_summary", "call_records", "sites")
    (error,) = run.errors
    assert error["message"].startswith(f"company_summary, PBX acmecorp, {FIRST}: ")
    assert error["message"].endswith(messages.TOKEN_DENIED.text())
    for stream in ("extension_summary", "call_records"):
        assert marks(run.state, stream) == {"acmecorp": str(LAST)}
    assert len(sandbox.requests_to("/token")) <= DENIED_TOKENS


@pytest.mark.parametrize("path", ["/v2/call-records", "/v2/call-legs"])
@pytest.mark.parametrize("kind", sorted(PAGES))
def test_pages_that_disagree_once_are_read_again(
    sandbox: Sandbox, read: Read, monkeypatch: pytest.MonkeyPatch, kind: str, path: str
) -> None:
    monkeypatch.setattr(calls, "PAGE_SIZE", 25)
    stream = path.removeprefix("/v2/").replace("-", "_")
    first = kind == "count one too many"  # the count of the first page holds
    sandbox.faults.append(Fault(kind, path=path, start=str(LAST), after=0 if first else 1))
    spoiled, sent = read(stream, start_date=str(LAST)), len(sandbox.requests)
    assert spoiled.code == 0, spoiled.errors
    sandbox.requests.clear()
    plain = read(stream, start_date=str(LAST))
    key = ("callId", "legId") if stream == "call_legs" else ("callId",)
    found = [tuple(row[name] for name in key) for row in spoiled.rows]
    assert sorted(found) == sorted(tuple(row[name] for name in key) for row in plain.rows)
    assert len(found) == len(set(found)) > 50
    assert marks(spoiled.state, stream) == {"acmecorp": str(LAST)}
    if kind != "overlapping pages":
        assert sent > len(sandbox.requests), "the pages were not read again"


ODD = ("byte order mark", "lone surrogate", "unknown field", "field of another type")


@pytest.mark.parametrize("kind", ODD)
def test_odd_report_is_still_a_report(sandbox: Sandbox, read: Read, kind: str) -> None:
    """Each stream has one warning, which names fields only."""
    assert kind in REPORTS
    sandbox.faults.append(Fault(kind, path="", times=FOREVER))
    run = read("extension_summary", "call_records", "pbxes")
    assert run.code == 0, run.errors
    rows = [line["record"]["data"] for line in run.of("RECORD") if line["record"]["stream"] != "pbxes"]
    assert len({row.get("Extension") for row in rows}) > 10
    warnings = [line for line in run.text.splitlines() if "8x8 sent" in line]
    if kind == "lone surrogate":
        assert any(row.get("FirstName", "").endswith("\ufffd") for row in rows)
    if kind in ("byte order mark", "lone surrogate"):
        assert warnings == []
        return
    for stream in ("extension_summary", "call_records", "pbxes"):
        (warning,) = [line for line in warnings if f'"{stream}: 8x8 sent' in line]
        assert ("notInTheSchema" in warning) == (kind == "unknown field")
        assert '7"' not in warning


def test_percentages_have_a_point_in_every_row(read: Read) -> None:
    run = read("extension_summary", "company_summary")
    for row in run.rows:
        shares = {name: value for name, value in row.items() if name.lower().startswith("percent")}
        assert len(shares) >= 2
        assert {type(value) for value in shares.values()} == {float}
    assert ":0.0," in run.text


def test_ring_groups_of_each_window_are_requested_with_it(sandbox: Sandbox, read: Read) -> None:
    run = read("ring_group_member_summary", start_date=str(TODAY - timedelta(days=40)))
    assert run.code == 0
    lists, reports = sandbox.requests_to("/rgsum-groups"), sandbox.requests_to("/rgsum-members")
    assert len(lists) == 40
    for line in lists:
        assert line.start[:10] == line.end[:10]
    assert {line.start for line in reports} <= {line.start for line in lists}


def test_members_of_a_group_that_fails_hold_the_mark(sandbox: Sandbox, read: Read) -> None:
    sandbox.faults.append(Fault("404", path="/rgsum-members", after=1, times=FOREVER))
    run = read("ring_group_member_summary", start_date=str(LAST))
    assert run.code == 1
    assert len({row["ringGroupExtension"] for row in run.rows}) == 1
    assert marks(run.state, "ring_group_member_summary") == {}


def test_many_pbxes_are_checked_at_once(sandbox: Sandbox, read: Read) -> None:
    sandbox.extra_pbxes = 197
    run = read(command="check", pbx_ids=list(sandbox.pbxes()))
    assert run.status == {"status": "SUCCEEDED"}
    assert len(sandbox.requests_to()) == len({line.pbx for line in sandbox.requests_to()}) == 200


@pytest.mark.parametrize("kind", ["503", "dropped connection", "html"])
def test_check_of_a_dead_service_has_no_status(sandbox: Sandbox, read: Read, kind: str) -> None:
    sandbox.faults.append(Fault(kind, path="", times=FOREVER))
    run = read(command="check", pbx_ids=list(sandbox.pbxes()))
    assert run.code == 1
    assert run.of("CONNECTION_STATUS") == []
    (error,) = run.errors
    assert error["failure_type"] == "transient_error"
    assert error["message"].endswith(".")
    assert "Traceback" not in run.text
    assert "stack_trace" not in error


def test_denied_pbx_fails_each_time_and_the_others_go_on(sandbox: Sandbox, read: Read) -> None:
    names = list(sandbox.pbxes())
    sandbox.faults.append(Fault("403", pbx="acme-europe", times=FOREVER))
    check = read(command="check", pbx_ids=names)
    assert check.status["status"] == "SUCCEEDED"
    assert "PBX acme-europe" in check.status["message"]
    state = None
    for _ in range(2):
        run = read(pbx_ids=names, state=state)
        assert run.code == 1
        (error,) = run.errors
        assert error["failure_type"] == "config_error"
        assert "PBX acme-europe" in error["message"]
        assert marks(run.state) == dict.fromkeys(("acmecorp", "acme-apac"), str(LAST))
        state = run.state
