"""The memory file: what the days looked like at the last run, in a form that cannot be turned back.

It holds a random salt and, for each PBX and day, one keyed hash over all rows. A hash covers a whole day, so
no guess at a single row can be checked against it.
"""

import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

VERSION = 1
LETTERS = str.maketrans("0123456789abcdef", "bcdfghjklmnpqrst")
"""Hashes are written without digits and vowels, so no number or name can appear in one by chance."""


@dataclass
class PbxMemory:
    """The fingerprints of one PBX.

    Attributes:
        account: fingerprint of what must be the same for days to be comparable.
        asked_at: when the newest fingerprints were taken.
        days: the fingerprint of each local day.
    """

    account: str
    asked_at: str
    days: dict[str, str] = field(default_factory=dict)


@dataclass
class Memory:
    """What one run leaves for the next.

    Attributes:
        salt: random, made with the file.
        pbxes: by the PBX's label, as in `pbx-1`.
        note: what was wrong with the file, for a person; not saved.
    """

    salt: str
    pbxes: dict[str, PbxMemory] = field(default_factory=dict)
    note: str = ""

    @classmethod
    def empty(cls, note: str = "") -> "Memory":
        """Return a memory without days."""
        return cls(_letters(secrets.token_hex(16)), note=note)

    @classmethod
    def load(cls, path: Path) -> "Memory":
        """Read a file; one that does not exist or is damaged gives an empty memory."""
        if not path.exists() or not path.stat().st_size:
            return cls.empty()
        try:
            return cls._parse(json.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            return cls.empty(f"the memory file cannot be read ({error.strerror}), so a new one is started")
        except (ValueError, TypeError, AttributeError, KeyError):
            return cls.empty("the memory file was damaged, so a new one is started")

    @classmethod
    def _parse(cls, content: Any) -> "Memory":
        if content["version"] != VERSION:
            return cls.empty("the memory file is of another version, so a new one is started")
        pbxes = {label: PbxMemory(**entry) for label, entry in content["pbxes"].items()}
        texts = [content["salt"], *(text for entry in pbxes.values() for text in _texts(entry))]
        if not content["salt"] or not all(isinstance(text, str) for text in texts):
            raise ValueError("a value that is not text")
        return cls(content["salt"], pbxes)

    def save(self, path: Path) -> None:
        """Write the file."""
        pbxes = {label: asdict(entry) for label, entry in self.pbxes.items()}
        content = {"version": VERSION, "salt": self.salt, "pbxes": pbxes}
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def fingerprint(self, parts: Iterable[str]) -> str:
        """Return a keyed hash of texts, whatever their order."""
        hashes = sorted(self._hash(part) for part in parts)
        return _letters(self._hash("\n".join(hashes)))

    def _hash(self, text: str) -> str:
        return hmac.new(self.salt.encode(), text.encode("utf-8", "backslashreplace"), "sha256").hexdigest()


def _letters(hexadecimal: str) -> str:
    return hexadecimal.translate(LETTERS)


def _texts(entry: PbxMemory) -> Iterable[Any]:
    days: Mapping[Any, Any] = entry.days
    return [entry.account, entry.asked_at, *days.keys(), *days.values()]
