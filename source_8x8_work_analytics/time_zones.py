"""Which time zones there are, and which one a person may have meant."""

import re
from datetime import datetime, timedelta

import pendulum

TIME_ZONES = frozenset(pendulum.timezones()) - {"Factory", "localtime"}
"""The time zones that this machine knows, except two names that are not actual zones."""

OBSERVING = {"EST": "America/New_York", "MST": "America/Denver"}
"""Zones without daylight saving time that are easily mistaken for a zone with it, and that zone."""

_USUAL = {
    "-10:00": "Pacific/Honolulu",
    "-09:00": "America/Anchorage",
    "-08:00": "America/Los_Angeles",
    "-07:00": "America/Denver",
    "-06:00": "America/Chicago",
    "-05:00": "America/New_York",
    "-04:00": "America/Halifax",
    "-03:00": "America/Sao_Paulo",
    "+00:00": "Europe/London",
    "+01:00": "Europe/Paris",
    "+02:00": "Europe/Athens",
    "+03:00": "Europe/Istanbul",
    "+05:30": "Asia/Kolkata",
    "+08:00": "Asia/Singapore",
    "+09:00": "Asia/Tokyo",
    "+10:00": "Australia/Sydney",
    "+12:00": "Pacific/Auckland",
}
"""A well-known zone for each winter offset."""
_ABBREVIATIONS = {
    "AKST": "-09:00",
    "PST": "-08:00",
    "PDT": "-08:00",
    "PT": "-08:00",
    "PACIFIC": "-08:00",
    "MDT": "-07:00",
    "MT": "-07:00",
    "MOUNTAIN": "-07:00",
    "CST": "-06:00",
    "CDT": "-06:00",
    "CT": "-06:00",
    "CENTRAL": "-06:00",
    "EDT": "-05:00",
    "ET": "-05:00",
    "EASTERN": "-05:00",
    "AST": "-04:00",
    "BST": "+00:00",
    "CEST": "+01:00",
    "IST": "+05:30",
    "JST": "+09:00",
    "AEST": "+10:00",
    "AEDT": "+10:00",
}
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d\d))?")
_FIRST_SUNDAY, _WEEKS = datetime(1970, 1, 4, 12), 3600
"""Noon on a Sunday, since most clocks change early on a Sunday, and the number of weeks up to 2038."""


def suggestion(name: str) -> str | None:
    """Return the zone that a person may have meant by a name, an abbreviation or an offset."""
    wanted = name.strip().replace(" ", "_")
    exact = next((zone for zone in TIME_ZONES if zone.casefold() == wanted.casefold()), None)
    if exact:
        return exact
    short = wanted.upper().removesuffix("_TIME")
    offset = _ABBREVIATIONS.get(short)
    if numbers := _OFFSET.fullmatch(short):
        sign, hours, minutes = numbers.groups("00")
        offset = f"{sign}{hours:>02}:{minutes}"
    if offset in _USUAL:
        return _USUAL[offset]
    cities = sorted(
        zone for zone in TIME_ZONES if zone.rpartition("/")[2].casefold() == wanted.casefold() and "/" in zone
    )
    return cities[0] if cities else None


def same_zone(one: str, other: str) -> bool:
    """Return whether two names denote the same time zone, as US/Eastern and America/New_York do.

    Zones whose clocks agreed in every week since 1970 are the same.
    """
    if one == other:
        return True
    if not {one, other} <= TIME_ZONES:
        return False
    first, second = pendulum.timezone(one), pendulum.timezone(other)
    noons = (_FIRST_SUNDAY + timedelta(weeks=week) for week in range(_WEEKS))
    return all(first.utcoffset(noon) == second.utcoffset(noon) for noon in noons)
