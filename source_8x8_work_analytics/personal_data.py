"""Hash or remove people's names, phone numbers and addresses before a row is written."""

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from source_8x8_work_analytics.settings import Settings

HASH_DIGITS = 32
"""Hex digits of a hash: 128 bits."""
LOCAL_DIGITS = 10
"""How many last digits identify a phone number, regardless of how it is written. Numbers in countries with
longer national numbers may collide; numbers dialed without an area code do not match."""
LONGEST_EXTENSION = 6
CACHED = 50_000
"""Number of values whose hashes are cached, since callers and names recur."""

_NOBODY = frozenset(
    [
        "n/a",
        "unknown",
        "anonymous",
        "restricted",
        "private",
        "unavailable",
        "withheld",
        "blocked",
        "unassigned",
        "callqueue",
        "ringgroup",
        "autoattendant",
        "voicemail",
        "-",
        ".",
    ]
)
_SERVICE = re.compile(r"(call ?queue|ring ?group|auto ?attendant|voice ?mail)( ?\(\d+\))?")
"""8x8's own names for services, as in `Voicemail (120088)`."""
_PHONE_NUMBER = re.compile(r"[+\d(][\d\s().\-/]*")


@dataclass(frozen=True)
class PersonalDataRule:
    """How to hash or remove personal data.

    Attributes:
        hashed: returns the text to store instead; None to store nothing.
        notes: what the state records about it.
    """

    hashed: Callable[[str], str] | None
    notes: Mapping[str, str]


def rule_for(settings: Settings) -> PersonalDataRule | None:
    """Return how personal data is treated; None if it is kept."""
    if settings.personal_data == "keep":
        return None
    if settings.personal_data == "remove":
        return PersonalDataRule(None, {"personal_data": "remove"})
    key = settings.personal_data_key.encode()
    fingerprint = hmac.digest(key, b"fingerprint of the key", "sha256").hex()[:8]
    keyed = hmac.new(key, digestmod="sha256")
    hashed = lru_cache(maxsize=CACHED)(lambda text: hashed_text(keyed, text))
    return PersonalDataRule(hashed, {"personal_data": "hash", "personal_data_key": fingerprint})


def hashed_text(keyed: hmac.HMAC, text: str) -> str:
    """Return the hash of a text, or the text itself if it does not identify a person.

    Args:
        keyed: a hash object with the key; copied, since that is cheaper than creating one.
        text: a name, a number or an address.
    """
    plain = text.strip().casefold()
    if _PHONE_NUMBER.fullmatch(plain):
        digits = "".join(filter(str.isdecimal, plain))
        if len(digits) <= LONGEST_EXTENSION and not plain.startswith("+"):
            return text
        plain = digits[-LOCAL_DIGITS:]
    elif not plain or plain in _NOBODY or _SERVICE.fullmatch(plain):
        return text
    of_text = keyed.copy()
    of_text.update(plain.encode("utf-8", "replace"))
    return "#" + of_text.hexdigest()[:HASH_DIGITS]
