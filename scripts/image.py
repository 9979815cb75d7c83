"""`make image` builds the image; `make image-test` runs it as Airbyte does, against the sandbox.

Uses docker or podman, whichever runs. Where neither does, or no container registry can be reached, set
CONTAINER_IMAGE_TOOL to a program that builds the Dockerfile on a stand-in base and runs the result: this
shows that the Dockerfile is sound, not that it builds on Airbyte's own base.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sandbox import Sandbox
from sandbox.server import running

ROOT = Path(__file__).parent.parent
IMAGE = "source-8x8-work-analytics:dev"
TOOL = os.environ.get("CONTAINER_IMAGE_TOOL")
# As strict as a platform can be: only /tmp is writable, and there are no privileges.
STRICT = ["--read-only", "--tmpfs", "/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges"]  # noqa: S108


def command() -> str:
    """Return the program that builds and runs: the one named by CONTAINER_IMAGE_TOOL, docker, or podman."""
    if TOOL:
        return TOOL
    for engine in ("docker", "podman"):
        if shutil.which(engine) and not subprocess.run([engine, "info"], capture_output=True).returncode:
            return engine
    sys.exit("Neither docker nor podman runs here.")


def build() -> None:
    """Build the image."""
    if TOOL:
        print(f"Building on a stand-in base with {TOOL}")
        subprocess.run([TOOL, "build", str(ROOT), IMAGE], check=True)
    else:
        subprocess.run([command(), "build", "-t", IMAGE, str(ROOT)], check=True)


def run(folder: Path, *args: str) -> list[dict[str, Any]]:
    """Run a command in the container, with a folder mounted at /secrets; returns its messages."""
    engine = [command(), "run"]
    if not TOOL:
        engine += ["--rm", "--network=host", "-v", f"{folder}:/secrets:ro"]
    environment = {**os.environ, "CONFIG_DIR": str(folder)}
    done = subprocess.run(
        [*engine, *STRICT, IMAGE, *args], stdout=subprocess.PIPE, text=True, env=environment
    )
    if done.returncode:
        sys.exit(f"{args[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def kinds(messages: list[dict[str, Any]]) -> set[str]:
    """Return the kinds of messages."""
    return {message["type"] for message in messages}


def test() -> None:
    """Run spec, check, discover and two incremental reads in the container."""
    config_arg = ("--config", "/secrets/config.json")
    with running(Sandbox()) as address, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        start = str(date.today() - timedelta(days=5))
        (folder / "config.json").write_text(json.dumps(Sandbox().config(address, start_date=start)))
        (folder / "catalog.json").write_text(
            (ROOT / "integration_tests" / "configured_catalog.json").read_text(encoding="utf-8")
        )
        assert "SPEC" in kinds(run(folder, "spec"))
        status = [m for m in run(folder, "check", *config_arg) if m["type"] == "CONNECTION_STATUS"]
        assert status[0]["connectionStatus"] == {"status": "SUCCEEDED"}, status
        assert "CATALOG" in kinds(run(folder, "discover", *config_arg))
        read = ("read", *config_arg, "--catalog", "/secrets/catalog.json")
        first = run(folder, *read)
        state = [m["state"] for m in first if m["type"] == "STATE"][-1]
        (folder / "state.json").write_text(json.dumps([state]))
        second = run(folder, *read, "--state", "/secrets/state.json")
    rows = [sum(m["type"] == "RECORD" for m in messages) for messages in (first, second)]
    assert rows[0] > rows[1] > 0, rows
    print(f"spec, check, discover and read work as expected; {rows[0]} rows, then {rows[1]}")


if __name__ == "__main__":
    {"build": build, "test": test}[sys.argv[1]]()
