"""Keep secrets out of everything that is printed."""

import logging
import re

SHORTEST = 8
"""Minimum length of a secret that is masked: a shorter one is part of many harmless words."""
MASK = "****"


class Secrets:
    """The key, the password and the tokens of one process."""

    def __init__(self) -> None:
        self._words: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, *words: str) -> None:
        """Mask these values from now on, wherever they are whole words."""
        self._words |= {word for word in words if len(word) >= SHORTEST}
        longer_first = sorted(self._words, reverse=True)  # a word before those that it begins with
        choices = "|".join(map(re.escape, longer_first))
        self._pattern = re.compile(rf"(?<!\w)(?:{choices})(?!\w)") if choices else None

    def mask(self, text: str) -> str:
        """Return a text with the secrets masked."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def mask_line(self, record: logging.LogRecord) -> bool:
        """Mask a log line. `logging` calls this as a filter, which keeps every line."""
        if self._pattern:
            record.msg, record.args = self.mask(record.getMessage()), ()
        return True


SECRETS = Secrets()
"""The secrets of this process, shared because any module can log."""
