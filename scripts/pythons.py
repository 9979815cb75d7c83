"""Run the unit tests on every Python installed on this machine, each in its own environment."""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
NARROW = {"COLUMNS": "80"}
"""A typical terminal width, which no test may depend on."""


def main() -> int:
    """Run the tests and print which Pythons they ran on. Return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("versions", nargs="*", default=VERSIONS, metavar="VERSION", help="as in 3.12")
    parser.add_argument("--requirements", default="unit", help="a file in requirements/, without .txt")
    options = parser.parse_args()
    outcomes = {version: _run(version, options.requirements) for version in options.versions}
    for version, outcome in outcomes.items():
        print(f"Python {version}, requirements/{options.requirements}.txt: {outcome}")
    ran = [outcome for outcome in outcomes.values() if outcome != MISSING]
    return 0 if ran and all(PASSED.search(outcome) for outcome in ran) else 1


MISSING = "not installed, skipped"
PASSED = re.compile(r"^\d+ passed")


def _run(version: str, requirements: str) -> str:
    """Run the unit tests on one Python. Return the outcome in a few words."""
    python = next(_interpreters(version), None)
    if python is None:
        return MISSING
    folder = ROOT / f".venv-{requirements}" / version
    lock = ROOT / "requirements" / f"{requirements}.txt"
    stamp = folder / "installed"
    if not stamp.exists() or stamp.read_text() != lock.read_text():
        print(f"Python {version}: installing requirements/{lock.name}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([python, "-m", "venv", folder], check=True)
        pip = [str(folder / "bin/pip"), "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", str(lock)], check=True)
        subprocess.run([*pip, "--no-deps", "-e", "."], check=True, cwd=ROOT)
        stamp.write_text(lock.read_text())
    done = subprocess.run(
        [folder / "bin/python", "-m", "pytest", "-q", "-n", "auto", "--tb=short", "unit_tests"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, **NARROW},
    )
    lines = done.stdout.splitlines()
    if done.returncode:
        print(done.stdout)
    return lines[-1].strip("= ") if lines else f"exit code {done.returncode}"


def _interpreters(version: str) -> Iterator[str]:
    """Yield the Pythons of a version that start: on the path, then those that pyenv installed."""
    found = [shutil.which(f"python{version}"), *sorted(PYENV.glob(f"versions/{version}.*/bin/python"))]
    for python in found:
        check = f"import sys; raise SystemExit('%d.%d' % sys.version_info[:2] != '{version}')"
        if python and subprocess.run([python, "-c", check], capture_output=True).returncode == 0:
            yield str(python)


if __name__ == "__main__":
    sys.exit(main())
