"""The sentences in the guide's troubleshooting table are those of the package."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "source_8x8_work_analytics"
GUIDE = (ROOT / "docs" / "8x8-work-analytics.md").read_text(encoding="utf-8")
VARIES = "…"


def sentences() -> Iterator[str]:
    """Yield every text in the package, with … for what is filled in."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield "".join(
                    str(part.value) if isinstance(part, ast.Constant) else VARIES for part in node.values
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield re.sub(r"%[sd]|%\.0f", VARIES, node.value)
    yield from texts_in(yaml.safe_load((PACKAGE / "manifest.yaml").read_text(encoding="utf-8")))


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


SENTENCES = list(sentences())


@pytest.mark.parametrize("said", documented())
def test_each_sentence_is_one_of_the_package(said: str) -> None:
    parts = [re.escape(part) for part in said.split(VARIES)]
    pattern = re.compile(".*".join(parts), re.DOTALL)
    assert len("".join(said.split(VARIES))) > 20, "too short to tell one sentence from another"
    assert any(pattern.match(sentence) for sentence in SENTENCES), said


def test_the_table_is_read() -> None:
    assert len(documented()) > 40
