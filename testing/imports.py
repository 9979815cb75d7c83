"""Find what the repository's Python files import, without running them."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
NAME = "source_8x8_work_analytics"
PACKAGE = ROOT / NAME


def tree_of(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def modules() -> dict[str, Path]:
    """Return the files of the package by the names of their modules, such as `client.http`."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path) -> Iterator[str]:
    """Yield every name that a file imports, those inside of functions too, such as `package.module.name`."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_modules(path: Path) -> set[str]:
    """Return the modules of the package that a file imports.

    The package itself is left out: it has the version, and imports the source when somebody asks for it.
    """
    known, found = modules(), set()
    for name in imports(path):
        if name.startswith(f"{NAME}."):
            inside = name.removeprefix(f"{NAME}.")
            found.add(inside if inside in known else inside.rpartition(".")[0])
    return found - {""}
