"""The installed program as a process, against the sandbox: the Airbyte protocol from end to end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from airbyte_protocol.models import AirbyteMessage

from integration_tests.harness import TODAY, Run, installed, marks, within
from integration_tests.truth import deduplicated, truth
from sandbox import Sandbox
from sandbox.faults import FOREVER, Fault
from testing.builders import catalog_file

Configure = Callable[..., dict[str, Any]]
START = TODAY - timedelta(days=40)


def validated(run: Run) -> Run:
    """Standard output holds protocol messages and nothing else."""
    assert run.lines
    for line in run.lines:
        AirbyteMessage.model_validate(line)
    return run


def test_spec() -> None:
    run = validated(installed("spec"))
    (line,) = run.of("SPEC")
    properties = line["spec"]["connectionSpecification"]["properties"]
    assert properties["password"]["airbyte_secret"] is True
    assert run.code == 0


def test_discover(configure: Configure, program: str) -> None:
    run = validated(installed("discover", configure(), program=program))
    (line,) = run.of("CATALOG")
    stream = next(s for s in line["catalog"]["streams"] if s["name"] == "extension_summary")
    assert stream["source_defined_primary_key"] == [["PbxId"], ["Extension"], ["report_date"]]
    assert stream["supported_sync_modes"] == ["full_refresh", "incremental"]
    assert stream["source_defined_cursor"] is True
    assert stream["default_cursor_field"] == ["report_date"]
    assert len(stream["json_schema"]["properties"]) == 51


def test_check(configure: Configure, sandbox: Sandbox, program: str) -> None:
    run = validated(installed("check", configure(), program=program))
    assert run.status == {"status": "SUCCEEDED"}
    assert sorted(line.pbx for line in sandbox.requests_to()) == ["acme-apac", "acme-europe", "acmecorp"]


def test_two_syncs_equal_the_truth_request_by_request(
    configure: Configure, sandbox: Sandbox, program: str
) -> None:
    config = configure(start_date=str(START), num_workers=10)
    first = validated(installed("read", config, program=program))
    assert first.code == 0
    windows = 3 * 41
    asked = [(line.pbx, line.start, line.end) for line in sandbox.requests_to()]
    assert len(asked) == len(set(asked)) == windows
    assert len(sandbox.requests_to("/token")) == 1
    assert {line.user_agent.split("/")[0] for line in sandbox.requests} == {"source-8x8-work-analytics"}
    yesterday = str(TODAY - timedelta(days=1))
    assert marks(first.state) == dict.fromkeys(config["pbx_ids"], yesterday)

    sandbox.correct("acmecorp", TODAY - timedelta(days=1))
    sandbox.requests.clear()
    second = validated(installed("read", config, first.state, program=program))
    assert second.code == 0
    assert len(sandbox.requests_to()) == 3 * 3, "lookback and the day in progress, nothing more"

    expected: dict[Any, Any] = {}
    for pbx in config["pbx_ids"]:
        expected |= truth(sandbox, pbx, START, TODAY, config["time_zone"])
    assert deduplicated(first.rows + second.rows) == expected
    assert deduplicated(first.rows) != expected, "the correction replaced no row"


def test_all_pbxes_together(configure: Configure, sandbox: Sandbox, program: str) -> None:
    config = configure(pbx_ids=["allpbxes"], start_date=str(TODAY - timedelta(days=3)))
    run = installed("read", config, program=program)
    assert {row["PbxId"] for row in run.rows} == {"acmecorp", "acme-europe", "acme-apac"}
    assert list(marks(run.state)) == ["allpbxes"]
    assert len(sandbox.requests_to()) == 4


def test_a_full_refresh(configure: Configure, sandbox: Sandbox, program: str) -> None:
    config = configure(start_date=str(TODAY - timedelta(days=3)))
    run = validated(installed("read", config, streams=catalog_file(mode="full_refresh"), program=program))
    assert run.code == 0
    assert len(sandbox.requests_to()) == 12


REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"api_key": "some-other-key-42"}, "api_key"),
    ({"username": "nobody.at.all@acme.example"}, "USER_NOTFOUND_ERROR"),
    ({"password": "a-wrong-päss&word=1"}, "username, password"),
    ({"pbx_ids": ["acmecorp", "no-such-pbx"]}, "no-such-pbx"),
]


@pytest.mark.parametrize(("change", "said"), REFUSALS, ids=[next(iter(change)) for change, _ in REFUSALS])
def test_what_is_refused_is_said_in_a_sentence(
    configure: Configure, sandbox: Sandbox, program: str, change: dict[str, Any], said: str
) -> None:
    config = configure(start_date=str(TODAY - timedelta(days=30)), **change)
    check = validated(within("check", config))
    assert check.code == 0
    assert check.status["status"] == "FAILED"
    assert said in check.status["message"]
    logins = len(sandbox.requests_to("/token"))
    assert logins == 1

    read = validated(installed("read", config, program=program))
    assert read.code == 1
    (error,) = read.errors
    assert said in error["message"]
    assert error["failure_type"] == "config_error"
    assert len(sandbox.requests_to("/token")) == 2, "a refused login is not repeated"


def test_nothing_is_sent_for_a_wrong_configuration(
    configure: Configure, sandbox: Sandbox, program: str
) -> None:
    config = configure(start_date="2026-02-30")
    assert "(start_date)" in installed("check", config, program=program).status["message"]
    run = installed("read", config, program=program)
    assert run.code == 1
    assert "(start_date)" in run.errors[0]["message"]
    assert sandbox.requests == []


def test_an_expiring_token_is_renewed_in_time(configure: Configure, sandbox: Sandbox, program: str) -> None:
    sandbox.token_lifetime = 1.0
    sandbox.latency = 0.05
    run = installed("read", configure(start_date=str(TODAY - timedelta(days=40))), program=program)
    assert run.code == 0
    assert 2 <= len(sandbox.requests_to("/token")) <= 12
    assert {line.status for line in sandbox.requests_to()} <= {200, 401, 0}


def test_no_secret_and_no_person_in_the_debug_log(
    configure: Configure, sandbox: Sandbox, program: str
) -> None:
    sandbox.faults += [
        Fault("500", after=3, times=2),
        Fault("html", after=9),
        Fault("403", after=20, times=FOREVER),
    ]
    config = configure(start_date=str(TODAY - timedelta(days=20)))
    with_rows = installed("read", config, debug=True, program=program)
    assert with_rows.code == 1
    logs = "\n".join(line for line in with_rows.text.splitlines() if '"type":"RECORD"' not in line)
    people = {str(row[name]) for row in with_rows.rows for name in ("Email", "UserName", "FirstName")}
    for secret in (
        config["api_key"],
        config["password"],
        config["username"],
        "sandbox.",
        "jane.doe",
        "+1555",
    ):
        assert secret not in logs
    for person in people - {"N/A", ""}:
        assert person not in logs
    assert '"DEBUG"' in logs
