"""The fenced blocks of the documents that a newcomer reads; the doctor's page has tests of its own."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = (
    "README.md",
    "docs/8x8-work-analytics.md",
    "docs/columns.md",
    "docs/queues.md",
    "docs/personal-data.md",
    "docs/what-the-numbers-mean.md",
    "examples/README.md",
)

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: where it stands, and what is in it."""

    page: str
    line: int
    language: str
    text: str

    @property
    def name(self) -> str:
        """Where a reader finds it."""
        return f"{self.page}:{self.line}"


def blocks(*languages: str) -> list[Block]:
    """Return the blocks in these languages, in the order in which they are read."""
    return [block for page in PAGES for block in _in(page) if block.language in languages]


def _in(page: str) -> Iterator[Block]:
    text = (ROOT / page).read_text(encoding="utf-8")
    for match in _FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield Block(page, line, match.group(2), textwrap.dedent(match.group(3)))
