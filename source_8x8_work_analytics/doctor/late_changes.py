"""Which completed days changed since the last run: a question, and the memory file that it compares with.

The file contains a random salt and, for each PBX and day, one keyed hash over all rows. A hash covers a whole
day, so no guess at a single row can be checked against it.
"""

import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pendulum

from source_8x8_work_analytics.doctor.findings import Outcome, Question
from source_8x8_work_analytics.doctor.observations import Observations, Request, Unsettled
from source_8x8_work_analytics.doctor.window_questions import totals_of
from source_8x8_work_analytics.messages import counted

VERSION = 1
LETTERS = str.maketrans("0123456789abcdef", "bcdfghjklmnpqrst")
"""Hashes are written without digits and vowels, so no number or name can appear in one by chance."""
MAX_LOOKBACK = 60
KEPT_DAYS = 90
"""Days that stay in the memory."""
DEFAULT_DAYS = 30
AGAIN = "Run the doctor again tomorrow, and in a week, with the same --memory FILE."


class NotAMemory(Exception):
    """A file exists, and is not a memory file."""


@dataclass
class PbxMemory:
    """Fingerprints of one PBX: of each local day, and of what makes days comparable."""

    account: str
    asked_at: str
    days: dict[str, str] = field(default_factory=dict)


@dataclass
class Memory:
    """What one run leaves for the next: a random salt, and the PBXs by their labels, as in `pbx-1`."""

    salt: str
    pbxes: dict[str, PbxMemory] = field(default_factory=dict)

    @classmethod
    def empty(cls) -> "Memory":
        """Return a memory without days."""
        return cls(_letters(secrets.token_hex(16)))

    @classmethod
    def load(cls, path: Path) -> "Memory":
        """Read a file; one that does not exist or is empty gives an empty memory.

        Raises:
            NotAMemory: it is something else, which must not be overwritten.
            OSError: it cannot be read.
        """
        if not path.exists() or not path.stat().st_size:
            return cls.empty()
        try:
            return cls._parse(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            raise NotAMemory from None

    @classmethod
    def _parse(cls, content: Any) -> "Memory":
        if content["version"] != VERSION or content.keys() != {"version", "salt", "pbxes"}:
            raise ValueError("another version, or another file")
        pbxes = {label: PbxMemory(**entry) for label, entry in content["pbxes"].items()}
        texts = [content["salt"]]
        for entry in pbxes.values():
            texts += [entry.account, entry.asked_at, *entry.days.keys(), *entry.days.values()]
        if not content["salt"] or not all(isinstance(text, str) for text in texts):
            raise ValueError("a value that is not text")
        return cls(content["salt"], pbxes)

    def save(self, path: Path) -> None:
        """Write the file."""
        pbxes = {label: asdict(entry) for label, entry in self.pbxes.items()}
        content = {"version": VERSION, "salt": self.salt, "pbxes": pbxes}
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def fingerprint(self, parts: Iterable[str]) -> str:
        """Return a keyed hash of texts, regardless of their order."""
        hashes = sorted(self._hash(part) for part in parts)
        return _letters(self._hash("\n".join(hashes)))

    def _hash(self, text: str) -> str:
        return hmac.new(self.salt.encode(), text.encode("utf-8", "backslashreplace"), "sha256").hexdigest()


def _letters(hexadecimal: str) -> str:
    return hexadecimal.translate(LETTERS)


class LateChanges(Question, id="late_changes", phase=2):
    """Which completed days changed since the last run?"""

    def __init__(self, memory: Memory | None = None, days: int = DEFAULT_DAYS) -> None:
        self.memory = memory
        self._days = days

    def assumption(self, seen: Observations) -> str:
        """Return how far back each sync reads again."""
        return f"at most {seen.settings.lookback_days} days back"

    def _requests(self, seen: Observations) -> list[Request]:
        return [seen.day_request(day) for day in self._completed(seen)] if self.memory else []

    def _judge(self, seen: Observations) -> Outcome:
        memory, pbx = self.memory, seen.main_pbx or ""
        if memory is None:
            raise Unsettled("no memory file to compare with", f"{AGAIN} The first run creates the file.")
        last, present = self._remembered(seen, memory), self._fingerprints(seen, memory)
        if last is None:
            reason = "the memory file belongs to another account, PBX or time zone, so a new one was started"
            raise Unsettled(reason if seen.label(pbx) in memory.pbxes else "this is the first run", AGAIN)
        both = [day for day in self._completed(seen) if str(day) in present and str(day) in last.days]
        since = last.asked_at[:10]
        if not both:
            raise Unsettled(f"no day was read in both this run and the run of {since}", AGAIN)
        changed = [(seen.today - day).days for day in both if present[str(day)] != last.days[str(day)]]
        evidence = f"{counted(len(both), 'day')} compared with the run of {since}"
        if not changed:
            return Outcome("none", "holds", evidence)
        oldest = max(changed)
        evidence += f"; changed: {', '.join(str(back) for back in changed)} days back"
        if oldest <= seen.settings.lookback_days:
            return Outcome(f"{oldest} days back", "holds", evidence)
        more = "" if oldest <= MAX_LOOKBACK else ", the maximum"
        advice = f"Set lookback_days to {min(oldest, MAX_LOOKBACK)}{more}."
        return Outcome(f"{oldest} days back", "contradicted", evidence, advice)

    def renewed(self, seen: Observations) -> Memory | None:
        """Return the memory for the next run; None where there is nothing to remember."""
        memory, pbx = self.memory, seen.main_pbx
        if pbx is None or memory is None or not (found := self._fingerprints(seen, memory)):
            return None
        last = self._remembered(seen, memory)
        oldest = str(seen.today.subtract(days=KEPT_DAYS))
        days = {day: text for day, text in (last.days if last else {}).items() if day >= oldest} | found
        account, label = self._account(seen, memory), seen.label(pbx)
        entry = PbxMemory(account, seen.started_at.isoformat(), dict(sorted(days.items())))
        return Memory(memory.salt, {**memory.pbxes, label: entry})

    def _completed(self, seen: Observations) -> list[pendulum.Date]:
        """Return the completed days to compare, newest first."""
        return [seen.today.subtract(days=back) for back in range(1, self._days + 1)]

    def _fingerprints(self, seen: Observations, memory: Memory) -> dict[str, str]:
        """Return the fingerprint of each day that was read: its extensions and all that adds up.

        Names and addresses are left out, since they change without any call.
        """
        found = {}
        for day in self._completed(seen):
            reply = seen.reply(seen.day_request(day))
            if reply.status == 200 and not reply.problem:
                parts = [f"{key} {sorted(sums.items())}" for key, sums in totals_of(reply).items()]
                found[str(day)] = memory.fingerprint(parts)
        return found

    def _account(self, seen: Observations, memory: Memory) -> str:
        """Return a fingerprint of what makes two runs comparable. The API key in it cannot be guessed."""
        settings = seen.settings
        return memory.fingerprint(
            [f"{settings.api_key}\n{settings.base_url}\n{settings.time_zone}\n{seen.main_pbx}"]
        )

    def _remembered(self, seen: Observations, memory: Memory) -> PbxMemory | None:
        """Return what the last run left about the main PBX, if it is comparable."""
        entry = memory.pbxes.get(seen.label(seen.main_pbx)) if seen.main_pbx else None
        return entry if entry and entry.account == self._account(seen, memory) else None
