"""Only public names of libraries are used, and tests replace nothing in the CDK."""

import ast
import importlib
from pathlib import Path

import pytest

from testing.imports import NAME, ROOT, imports, modules, tree_of

FOLDERS = (NAME, "benchmarks", "integration_tests", "sandbox", "scripts", "testing", "unit_tests")
FILES = [
    ROOT / "conftest.py",
    *(path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))),
]
DOCUMENTED = {"_exit", "_mapping", "_replace"}
"""Names with an underscore that are public: of `os`, of SQLAlchemy's rows, and of named tuples."""
TYPE_CONVERTERS = "integration_tests/test_warehouses.py"
"""Compares types with those of PyAirbyte's loaders, which are not public."""
EMULATOR = "scripts/warehouses/emulator.py"
"""Starts the emulator of BigQuery without an extension that has to be downloaded."""

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def defined_names() -> set[str]:
    """Return every private name that our own code defines: functions, classes, attributes, variables."""
    found = set()
    for path in FILES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                if isinstance(node.value, ast.Name) and node.value.id == "self":
                    found.add(node.attr)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
    return {name for name in found if is_private(name)}


OWN = defined_names()


@each_file
def test_no_private_module_or_name_of_a_library_is_imported(path: Path) -> None:
    foreign = [name for name in imports(path) if name.split(".")[0] not in FOLDERS]
    private = [name for name in foreign if any(map(is_private, name.split(".")))]
    assert bool(private) == (path == ROOT / TYPE_CONVERTERS), private


@each_file
def test_private_attributes_are_our_own(path: Path) -> None:
    used = {node.attr for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute)}
    foreign = {name for name in used if is_private(name)} - OWN - DOCUMENTED
    assert bool(foreign) == (path == ROOT / EMULATOR), foreign


def test_our_classes_hide_no_private_method_of_the_cdk() -> None:
    checked = 0
    for module in filter(None, modules()):
        for cls in vars(importlib.import_module(f"{NAME}.{module}")).values():
            if not isinstance(cls, type) or not cls.__module__.startswith(NAME):
                continue
            bases = [base for base in cls.__mro__ if base.__module__.startswith("airbyte_cdk")]
            private = {name for base in bases for name in vars(base) if is_private(name)} - {"_abc_impl"}
            assert private.isdisjoint(vars(cls)), f"{cls.__name__}: {private & vars(cls).keys()}"
            checked += bool(bases)
    assert checked >= 5


@each_file
def test_nothing_in_the_cdk_is_replaced(path: Path) -> None:
    """Neither by assignment nor with `monkeypatch` or `mock`, by object or by name."""
    tree = tree_of(path)
    of_cdk = {
        alias.asname or alias.name.split(".")[0]
        for node in ast.walk(tree)
        for alias in getattr(node, "names", ())
        if isinstance(node, ast.Import | ast.ImportFrom)
        and (getattr(node, "module", None) or alias.name).startswith("airbyte_cdk")
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            if node.func.attr in ("setattr", "delattr", "setitem", "patch", "object"):
                assert root_of(node.args[0]) not in of_cdk | {"airbyte_cdk"}, ast.unparse(node)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
            assert root_of(node) not in of_cdk, ast.unparse(node)


def root_of(node: ast.AST) -> str:
    """Return the first name of `a.b.c`, written as code or as text."""
    while isinstance(node, ast.Attribute):
        node = node.value
    if isinstance(node, ast.Constant):
        return str(node.value).split(".")[0]
    return node.id if isinstance(node, ast.Name) else ""
