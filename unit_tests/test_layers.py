"""The package is read downwards: no import runs upward, and none runs in a circle."""

import re
from graphlib import CycleError, TopologicalSorter

import pytest

from testing.imports import ROOT, imported_modules, modules

LAYERS = (
    ("clock", "messages", "errors", "time_zones", "masking", "stopping", "terminal"),
    ("settings", "personal_data", "input_files", "output"),
    ("client",),
    ("windows",),
    ("reports",),
    ("streams",),
    ("check", "source", "doctor"),
    ("commands",),
    ("run",),
)
"""Files and folders of the package, from bottom to top. Within a layer, imports run in one direction too."""
MODULES = {name: path for name, path in modules().items() if name}


def layer_of(module: str) -> int:
    """Return the place of a module's layer, counted from the bottom."""
    (found,) = (place for place, names in enumerate(LAYERS) if module.split(".")[0] in names)
    return found


@pytest.mark.parametrize("module", MODULES)
def test_no_import_runs_upward(module: str) -> None:
    above = [name for name in imported_modules(MODULES[module]) if layer_of(name) > layer_of(module)]
    assert above == []


def test_no_imports_run_in_a_circle() -> None:
    graph = {module: imported_modules(path) for module, path in MODULES.items()}
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError
    assert set(order) == set(MODULES)
    assert sum(map(len, graph.values())) > 100


def test_folders_do_not_import_each_other() -> None:
    folders: dict[str, set[str]] = {}
    for module, path in MODULES.items():
        folders.setdefault(module.split(".")[0], set()).update(
            name.split(".")[0] for name in imported_modules(path)
        )
    for folder, used in folders.items():
        for other in used - {folder}:
            assert folder not in folders[other], f"{folder} and {other}"


def test_a_circle_would_be_noticed() -> None:
    with pytest.raises(CycleError):
        list(TopologicalSorter({"a": {"b"}, "b": {"a"}}).static_order())


def test_contributing_shows_the_layers_from_top_to_bottom() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.split("| layer |")[1].split("\n\n")[0]
    rows = [re.findall(r"`(\w+)(?:\.py|/)`", row.split("|")[1]) for row in table.splitlines()[2:]]
    assert [set(row) for row in rows] == [set(layer) for layer in reversed(LAYERS)]
