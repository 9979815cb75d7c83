"""The sentences in the guide's troubleshooting table are those of the package."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from source_8x8_work_analytics.manifest import load_manifest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "source_8x8_work_analytics"
GUIDE = (ROOT / "docs" / "8x8-work-analytics.md").read_text(encoding="utf-8")
VARIES = "…"


RAISES = {
    "config_error",
    "transient_error",
    "resumable_error",
    "RetryableError",
    "PagesDisagree",
    "PagesRepeat",
}
"""What is called with a sentence for a person, or with the start or middle of one."""
NOT_IN_THE_TABLE = ("settings.py", "doctor")
"""A wrong value names its field and what it takes; the doctor has a page of its own."""


@cache
def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def text_of(node: ast.AST) -> str | None:
    """Return a text in the code, with … for what is filled in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else VARIES for part in node.values)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r"%[sd]|%\.0f", VARIES, node.value)
    return None


@cache
def sentences() -> list[str]:
    """Return every text in the package."""
    found = [text for path in PACKAGE.rglob("*.py") for text in map(text_of, nodes(path)) if text]
    return [*found, *texts_in(load_manifest())]


def said_to_people() -> Iterator[str]:
    """Yield what errors and warnings are made with."""
    for path in PACKAGE.rglob("*.py"):
        if path.relative_to(PACKAGE).parts[0] in NOT_IN_THE_TABLE:
            continue
        calls = [node for node in nodes(path) if isinstance(node, ast.Call) and node.args]
        found = (text_of(call.args[0]) for call in calls if name_of(call.func) in {*RAISES, "warning"})
        yield from filter(None, found)


def name_of(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)


def documented() -> list[str]:
    section = GUIDE.partition("### Troubleshooting")[2].partition("</details>")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    return [said.strip() for row in rows for said in row.split("|")[1].split("<br>")]


def pattern(said: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in said.split(VARIES)), re.DOTALL)


TABLE = documented()


@pytest.mark.parametrize("said", TABLE)
def test_each_sentence_of_the_table_is_one_of_the_package(said: str) -> None:
    assert len(said.replace(VARIES, "")) >= 15, "too short to tell one sentence from another"
    one = pattern(said)
    assert any(one.match(sentence) for sentence in sentences())


def test_each_sentence_of_the_package_is_in_the_table() -> None:
    found = set(said_to_people())
    assert len(found) > 40
    patterns = [pattern(said) for said in TABLE]
    assert [text for text in sorted(found) if not any(one.match(text) for one in patterns)] == []
