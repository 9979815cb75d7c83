"""What the queue and agent streams do about refusals, faults and numbers that cannot be right."""

import pytest

from integration_tests.harness import marks, within
from integration_tests.queue_truth import ENDPOINTS, QUEUE_KEYS
from integration_tests.queues.reading import (
    FIRST,
    LAST,
    PBXES,
    Configure,
    all_marks,
    read_all,
    rows_of,
    truths,
)
from sandbox import Sandbox
from sandbox.faults import FOREVER, Fault
from testing.builders import catalog_file
from testing.documented import RING_GROUP_AGENTS

REFUSED = [f"access={stream}" for stream in QUEUE_KEYS]


def test_a_pbx_that_is_not_listed_fails_alone(sandbox: Sandbox, configure: Configure) -> None:
    run = within("read", configure(pbx_ids=["acmecorp", "nobodys"]), streams=catalog_file("agent_summary"))
    assert run.code == 1
    (error,) = run.errors
    assert error["failure_type"] == "config_error"
    assert error["message"].startswith(
        f"agent_summary, PBX nobodys, {FIRST}: 8x8 lists no PBX with this name"
    )
    assert marks(run.state, "agent_summary") == {"acmecorp": str(LAST)}


def test_a_refusal_of_these_endpoints_has_a_sentence_of_its_own(
    sandbox: Sandbox, configure: Configure
) -> None:
    sandbox.variants = REFUSED
    run = within("read", configure(), streams=catalog_file(*QUEUE_KEYS, "extension_summary"))
    assert run.code == 1
    assert {error["failure_type"] for error in run.errors} == {"config_error"}
    assert all("call queues and agents" in error["message"] for error in run.errors)
    assert {error["stream_descriptor"]["name"] for error in run.errors} == set(QUEUE_KEYS)
    for endpoint in ENDPOINTS.values():
        assert len(sandbox.requests_to(endpoint)) == len(PBXES)
    assert marks(run.state, "extension_summary") == dict.fromkeys(PBXES, str(LAST))


def test_what_cannot_be_right_is_never_a_row(sandbox: Sandbox, configure: Configure) -> None:
    sandbox.variants = ["queue_units=milliseconds", "queue_cursor=ignored"]
    run = read_all(configure(start_date="2026-11-02"))
    assert run.code == 1
    # The times of ring group agents are in milliseconds by their document.
    assert not [row for row in run.rows if "ringGroupExtension" not in row]
    for stream in QUEUE_KEYS.keys() - {RING_GROUP_AGENTS}:
        errors = [error for error in run.errors if error["message"].startswith(f"{stream}, PBX ")]
        assert len(errors) == len(PBXES)
        said = "only calls from earlier pages" if stream == "queue_calls" else "longer than the day"
        assert all(said in error["message"] for error in errors)


SPOILED = ["row without key", "row of another PBX"]
OTHERS = ["503", "cut body", "html", "null", "error object", "null row", "cut JSON", "429"]


@pytest.mark.parametrize("kind", [*SPOILED, *(pytest.param(kind, marks=pytest.mark.soak) for kind in OTHERS)])
def test_a_spoiled_answer_is_tried_again_and_never_a_row(
    sandbox: Sandbox, configure: Configure, kind: str
) -> None:
    expected = truths(sandbox, PBXES)
    names = {row["agentName"] for row in expected["agent_summary"].values()}
    for times in (2, FOREVER):
        sandbox.faults[:] = [
            Fault(kind, path=endpoint, pbx="acmecorp", start="2026-11-02", times=times)
            for endpoint in ENDPOINTS.values()
        ]
        run = read_all(configure(num_workers=12), debug=True)
        logs = "\n".join(line for line in run.text.splitlines() if '"type":"RECORD"' not in line)
        assert not [name for name in names if name in logs]
        if times == 2:
            assert run.code == 0, run.errors
            assert rows_of(run) == expected
            continue
        assert run.code == 1
        held = {**dict.fromkeys(PBXES, str(LAST)), "acmecorp": "2026-11-01"}
        assert all_marks(run) == dict.fromkeys(QUEUE_KEYS, held)
        for stream, rows in rows_of(run).items():
            assert rows.items() <= expected[stream].items()
            assert ("acmecorp", "2026-11-02") not in {
                (row["pbx"], row["report_date"]) for row in rows.values()
            }
        assert {error["failure_type"] for error in run.errors} == {"transient_error"}
        assert {error["message"].partition(": ")[0] for error in run.errors} == {
            f"{stream}, PBX acmecorp, 2026-11-02" for stream in QUEUE_KEYS
        }


def test_the_list_of_pbxes_may_fail_for_a_while(sandbox: Sandbox, configure: Configure) -> None:
    sandbox.faults.append(Fault("503", path="/pbxes", times=2))
    run = within("read", configure(), streams=catalog_file("agent_summary"))
    assert run.code == 0
    sandbox.faults[:] = [Fault("503", path="/pbxes", times=FOREVER)]
    run = within("read", configure(), streams=catalog_file("agent_summary"))
    assert run.code == 1
    (error,) = run.errors
    assert error["failure_type"] == "transient_error"
    assert error["message"].startswith("the list of PBXs: 8x8 returned")


def test_check_warns_where_these_endpoints_are_refused_and_reports_are_not(
    sandbox: Sandbox, configure: Configure
) -> None:
    sandbox.variants = REFUSED
    run = within("check", configure(pbx_ids=["allpbxes"]))
    assert run.code == 0
    assert run.status["status"] == "SUCCEEDED"
    assert "call queues and agents" in run.status["message"]
    sandbox.variants = ()
    sandbox.faults[:] = [Fault("503", path="/call-queue-metrics", times=FOREVER)]
    assert within("check", configure()).status == {"status": "SUCCEEDED"}
