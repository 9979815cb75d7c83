"""What becomes of names, phone numbers and addresses of people before a row goes out."""

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from source_8x8_work_analytics.settings import Settings

HASH_DIGITS = 32
"""Hex digits of a hash: 128 bits."""
LOCAL_DIGITS = 10
"""Last digits of a phone number by which it is recognized however it is written. Numbers of countries with
longer national numbers may collide; numbers dialed within an area differ."""
LONGEST_EXTENSION = 6
CACHED = 50_000
"""Values whose hash is remembered: callers and names recur."""

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
"""Literals of 8x8 that name a service, as in `Voicemail (120088)`."""
_PHONE_NUMBER = re.compile(r"[+\d(][\d\s().\-/]*")


@dataclass(frozen=True)
class PersonalDataRule:
    """What becomes of personal data that is not kept.

    Attributes:
        hashed: returns what is stored instead of a text; None where nothing is.
        notes: what the state notes about it.
    """

    hashed: Callable[[str], str] | None
    notes: Mapping[str, str]


def rule_for(settings: Settings) -> PersonalDataRule | None:
    """Return what becomes of personal data; None where it is kept."""
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
    """Return the hash of a text, or the text itself where it names nobody.

    Args:
        keyed: what has the key of the hash; copied, since that costs less than a new one.
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
