"""Item 31 of the strangers' list: the doctor, and the log, repeat nothing that could name a person."""

import json
import os
import subprocess
from itertools import cycle
from pathlib import Path
from typing import Any

from integration_tests.harness import NOW, program_at, within
from integration_tests.strangers.account import Account
from integration_tests.strangers.exchange import Reply
from integration_tests.strangers.rows import agent_row, report_row
from testing.builders import catalog_file

PRIVATE = ("zebulon", "quartz", "40771", "strangers.example")
HEADERS = {
    "X-RateLimit-zebulon.quartz-40771": "100",
    "RateLimit-Limit-Quartz": "7",
    "X-Limit-For": "Zebulon Quartz",
    "Retry-Limit-40771": "zebulon@strangers.example",
    "X-RateLimit-Limit": "100;who=zebulon@strangers.example",
}
CODES = (
    "ZEBULON-QUARTZ-40771",
    "zebulon@strangers.example",
    "QUARTZ40771",
    "40771-ZEBULON",
    "zebulon.quartz",
)
FIELDS = ("code", "error_description", "error")
REFUSING = {
    "/compsum": 400,
    "/rgsum-groups": 403,
    "/call-legs": 400,
    "/sites": 404,
    "/agent-activity": 400,
    "/call-queue-metrics": 403,
    "/queues": 400,
}


def doctor(account: Account, folder: Path) -> str:
    """Run the doctor. Returns all that it printed and wrote."""
    config, report, memory = folder / "config.json", folder / "report.json", folder / "memory.json"
    config.write_text(json.dumps(account.config(username="zebulon@strangers.example")))
    done = subprocess.run(
        [
            *(program_at(NOW, folder), "doctor", "--config", str(config)),
            *("--report", str(report), "--memory", str(memory)),
        ],
        capture_output=True,
        encoding="utf-8",
        timeout=200,
        env={**os.environ, "PYTHONWARNINGS": "ignore", "COLUMNS": "160"},
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode in (0, 1, 2)
    written = [path.read_text(encoding="utf-8") for path in (report, memory) if path.exists()]
    return "\n".join([done.stdout, done.stderr, *written])


def private_in(text: str) -> list[str]:
    """Return the private words in a text, whether a table broke them over lines or not."""
    together = "".join(text.split()).casefold()
    return [word for word in PRIVATE if word in text.casefold() or word in together]


def test_names_of_headers_are_taken_from_a_known_list(account: Account, tmp_path: Path) -> None:
    account.on(
        "/extsum",
        lambda request: Reply([report_row(request, request.query["pbxId"])], headers=HEADERS),
    )
    text = doctor(account, tmp_path)
    assert private_in(text) == []
    assert "ratelimit-limit" in text.casefold(), "a name that is known is shown"


def refuse(account: Account) -> None:
    """Refuse most of what the doctor asks for, each with a code of its own under one of the fields."""
    codes, fields = cycle(CODES), cycle(FIELDS)
    for path, status in REFUSING.items():
        body = {next(fields): next(codes), "status": status, "message": "for Zebulon Quartz"}
        account.on(path, lambda _, body=body, status=status: Reply(body, status))  # type: ignore[misc]


def test_codes_are_shown_by_their_documented_shape_only(account: Account, tmp_path: Path) -> None:
    refuse(account)
    assert private_in(doctor(account, tmp_path)) == []


def test_codes_of_the_sign_in_are_shown_by_their_documented_shape_only(
    account: Account, tmp_path: Path
) -> None:
    for code, field in zip(CODES, cycle(FIELDS), strict=False):
        body = {field: code}
        account.on("/oauth/token", lambda _, body=body: Reply(body, 400))  # type: ignore[misc]
        assert private_in(doctor(account, tmp_path)) == []
        for command in ("check", "read"):
            run = within(command, account.config(), streams=catalog_file("extension_summary"))
            assert private_in(run.text) == [], command


def test_documented_codes_are_still_shown(account: Account, tmp_path: Path) -> None:
    """A guard, which held before."""
    account.on("/compsum", lambda _: Reply({"code": "105-400-038"}, 400))
    assert "105-400-038" in doctor(account, tmp_path)


NEW_FIELDS: dict[str, Any] = {
    "zebulonQuartz": 7,
    "zebulon@strangers.example": "x",
    "calls40771": 1,
    "ofQuartz": None,
}


def test_names_of_new_fields_are_counted(account: Account, tmp_path: Path) -> None:
    """A field could be named after a person: an agent, a skill, an extension."""
    account.on("/extsum", lambda request: Reply([report_row(request, request.query["pbxId"], **NEW_FIELDS)]))
    account.on("/agent-activity", lambda _: Reply({"agentActivity": [agent_row("u1", **NEW_FIELDS)]}))
    assert private_in(doctor(account, tmp_path)) == []
