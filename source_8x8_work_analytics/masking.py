"""Keep secrets out of everything that is printed."""

import logging
import re

SHORTEST = 8
"""Characters of a secret that is masked: a shorter one is part of many words that hide nothing."""
MASK = "****"


class Secrets:
    """The key, the password and the tokens of one process."""

    def __init__(self) -> None:
        self._words: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, *words: str) -> None:
        """Mask these from now on, where they stand as whole words."""
        self._words |= {word for word in words if len(word) >= SHORTEST}
        longest_first = sorted(self._words, key=len, reverse=True)
        choices = "|".join(map(re.escape, longest_first))
        self._pattern = re.compile(rf"(?<!\w)(?:{choices})(?!\w)") if choices else None

    def mask(self, text: str) -> str:
        """Return a text without them."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def mask_line(self, record: logging.LogRecord) -> bool:
        """Mask a line of the log; as `logging` calls a filter, it keeps the line."""
        if self._pattern:
            record.msg, record.args = self.mask(record.getMessage()), ()
        return True


SECRETS = Secrets()
"""Those of this process: lines are logged from everywhere."""
