"""`make mutants`: change the package in small ways, and count the changes that its tests notice.

mutmut makes the changes, in a copy of the repository, and runs only the unit tests that belong to the changed
module. A change that no test can notice is listed with its reason in `unit_tests/equivalent_mutants.yaml`.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
PACKAGE = "source_8x8_work_analytics"
WORK = ROOT / ".tmp" / "mutants"
EQUIVALENT = ROOT / "unit_tests" / "equivalent_mutants.yaml"
GOAL = 95
NOTICED = ("killed", "timeout", "segfault", "suspicious", "caught by type check")
MORE_TESTS = {
    "check": ["test_read_failures"],
    "client/authenticator": ["client/test_client"],
    "client/client": ["test_read_failures"],
    "client/responses": ["test_read_failures"],
    "commands": ["test_source", "test_masking"],
    "errors": ["test_messages", "client/test_client", "test_check"],
    "reports/queue_payload": ["reports/test_ring_groups_agents"],
    "reports/queues": ["reports/test_report"],
    "reports/report": ["reports/test_summaries", "test_read_requests", "test_read_failures"],
    "reports/ring_groups": ["reports/test_report"],
    "source": [
        "test_check",
        "test_commands",
        "test_output",
        "test_read_*",
        "reports/test_lists",
        "reports/test_queues",
        "windows/test_odd_states",
    ],
    "stopping": ["test_commands*"],
    "streams": [
        "test_personal_data",
        "test_read_*",
        "test_source",
        "reports/test_lists",
        "reports/test_queues",
    ],
    "terminal": ["test_commands*"],
    "windows/cursor": ["test_read_incremental"],
    "windows/plan": ["test_read_incremental", "test_read_backfill"],
    "windows/progress": ["windows/test_cursor"],
    "windows/reading": ["windows/test_cursor", "test_read_requests"],
}
"""Tests that belong to a module, in addition to those with its name."""


def modules() -> list[str]:
    """Return the modules of the package that have unit tests, as in `windows/calendar`."""
    paths = sorted((ROOT / PACKAGE).rglob("*.py"))
    names = [path.relative_to(ROOT / PACKAGE).with_suffix("").as_posix() for path in paths]
    return [name for name in names if tests_of(name)]


def tests_of(module: str) -> list[str]:
    """Return the test files of a module."""
    folder, slash, name = module.rpartition("/")
    own = f"{folder}{slash}test_{name}"
    patterns = [own, f"{own}_*", *MORE_TESTS.get(module, [])]
    found = {path for pattern in patterns for path in (ROOT / "unit_tests").glob(f"{pattern}.py")}
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def copy_repository(module: str) -> Path:
    """Copy tracked and new files into a folder for the module, with mutmut's settings; return the folder."""
    folder = WORK / module.replace("/", ".")
    shutil.rmtree(folder, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    settings = {
        "source_paths": [PACKAGE],
        "only_mutate": [f"{PACKAGE}/{module}.py"],
        "also_copy": sorted({name.partition("/")[0] for name in files} - {PACKAGE}),
        "pytest_add_cli_args": ["--hypothesis-profile=mutants", "--timeout=60"],
        "pytest_add_cli_args_test_selection": tests_of(module),
    }
    lines = ["[mutmut]"]
    for key, values in settings.items():
        lines += [f"{key} =", *(f"    {value}" for value in values)]
    (folder / "setup.cfg").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def mutmut(folder: Path, *args: str) -> str:
    """Run mutmut in a folder; returns what it prints."""
    done = subprocess.run(
        [Path(sys.executable).parent / "mutmut", *args],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"mutmut failed in {folder}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def change_of(diff: str) -> tuple[str, str]:
    """Return the lines that a diff removes and those that it adds, each joined into one line."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++", "#"))]
    before, after = ([line[1:].strip() for line in lines if line.startswith(sign)] for sign in "-+")
    return " ".join(before), " ".join(after)


def measure(module: str, jobs: int, equivalent: list[dict[str, str]]) -> float:
    """Change one module and print which changes its tests notice; return the share in percent."""
    folder = copy_repository(module)
    mutmut(folder, "run", "--max-children", str(jobs))
    statuses = dict(line.strip().split(": ") for line in mutmut(folder, "results", "--all", "1").splitlines())
    listed = {(entry["from"], entry["to"]) for entry in equivalent}
    unnoticed = {
        name: mutmut(folder, "show", name) for name, status in statuses.items() if status not in NOTICED
    }
    found = {name: change_of(diff) for name, diff in unnoticed.items()}
    for name, diff in unnoticed.items():
        if found[name] not in listed:
            print(f"\n{diff.strip()}")
    for before, after in sorted(listed - set(found.values())):
        print(f"\nListed as equivalent, but noticed or gone: {before!r} to {after!r}")
    excused = sum(change in listed for change in found.values())
    counted = len(statuses) - excused
    noticed = counted - (len(found) - excused)
    share = 100 * noticed / counted if counted else 100.0
    print(f"\n{module}: {noticed} of {counted} changes noticed, not counting {excused} equivalent ones")
    return share


def main() -> None:
    """Measure the modules on the command line, or all of them."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"one of {', '.join(modules())}")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    equivalent: dict[str, Any] = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8")) or {}
    shares = {
        module: measure(module, options.jobs, equivalent.get(module, []))
        for module in options.modules or modules()
    }
    print(f"\n{'module':<32} noticed")
    for module, share in shares.items():
        print(f"{module:<32} {share:.1f} %{'' if share >= GOAL else f', less than {GOAL} %'}")
    sys.exit(any(share < GOAL for share in shares.values()))


if __name__ == "__main__":
    main()
