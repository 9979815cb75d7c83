"""The configuration, checked and typed.

`spec.yaml` is the form that a person fills in. JSON schema can tell that a value is wrong, but its message
does not name the field clearly, and it quotes the value, which may be a password.
"""

import ipaddress
import logging
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar, cast, get_args
from urllib.parse import urlsplit

import pendulum

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.time_zones import OBSERVING, TIME_ZONES, suggestion

LOGGER = logging.getLogger("airbyte")

WindowUnit = Literal["day", "week", "month"]
WindowEnd = Literal["last_second", "next_midnight"]
PersonalData = Literal["keep", "hash", "remove"]

ALL_PBXES = "allpbxes"
DEFAULT_BASE_URL = "https://api.8x8.com/analytics/work"
SHORTEST_HASH_KEY = 16
"""Minimum length of `personal_data_key`."""

_VISIBLE_ASCII = re.compile(r"[!-~]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Choice = TypeVar("Choice", bound=str)


def pbx_key(name: str) -> str:
    """Return a PBX name in the form used for comparison, which ignores case and the encoding of accents."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).strip().casefold())


@dataclass(frozen=True)
class Settings:
    """What the person configured, one attribute for each key of the spec.

    Raises:
        ConnectorError: (from `from_config`) a config error with one sentence that names the field.
    """

    api_key: str = field(repr=False)
    username: str = field(repr=False)
    password: str = field(repr=False)
    time_zone: str
    pbx_ids: tuple[str, ...]
    start_date: pendulum.Date | None
    end_date: pendulum.Date | None
    summary_window: WindowUnit
    only_finished_windows: bool
    lookback_days: int
    num_workers: int
    reread_from: pendulum.Date | None
    reread_to: pendulum.Date | None
    personal_data: PersonalData
    personal_data_key: str = field(repr=False)
    window_end: WindowEnd
    base_url: str

    @classmethod
    def from_config(cls, config: Mapping[str, Any], now: pendulum.DateTime) -> "Settings":
        """Check a configuration from Airbyte at a given time. Null is the same as absent."""
        given = {key: value for key, value in config.items() if value is not None}
        time_zone = _time_zone(given)
        today = now.in_timezone(time_zone).date()
        start_date = _date(given, "start_date", "The start date")
        end_date = _date(given, "end_date", "The end date")
        if start_date and start_date > today:
            raise ConnectorError(messages.START_IN_FUTURE)
        if start_date and end_date and end_date < start_date:
            raise ConnectorError(messages.END_BEFORE_START)
        reread_from, reread_to = _reread_range(given, today)
        personal_data = _choice(given, "personal_data", "Personal data", "keep", get_args(PersonalData))
        return cls(
            api_key=_api_key(given),
            username=_text(given, "username", "The user name"),
            password=_text(given, "password", "The password"),
            time_zone=time_zone,
            pbx_ids=_pbx_ids(given),
            start_date=start_date,
            end_date=end_date,
            summary_window=_choice(
                given, "summary_window", "The summary window", "day", get_args(WindowUnit)
            ),
            only_finished_windows=_flag(given, "only_finished_windows", "Completed windows only"),
            lookback_days=_whole_number(given, "lookback_days", "The lookback", 2, 0, 60),
            num_workers=_whole_number(given, "num_workers", "The number of concurrent requests", 4, 2, 20),
            reread_from=reread_from,
            reread_to=reread_to,
            personal_data=personal_data,
            personal_data_key=_hash_key(given) if personal_data == "hash" else "",
            window_end=_choice(given, "window_end", "The window end", "last_second", get_args(WindowEnd)),
            base_url=_base_url(given),
        )

    @property
    def all_pbxes(self) -> bool:
        """Whether all PBXs are read together."""
        return self.pbx_ids == (ALL_PBXES,)


def unknown_keys(config: Mapping[str, Any]) -> list[str]:
    """Return the keys of a configuration that are not settings. Airbyte's own begin with two underscores."""
    known = Settings.__dataclass_fields__
    return sorted(key for key in config if key not in known and not key.startswith("__"))


def log_warnings(config: Mapping[str, Any], settings: Settings, oldest: pendulum.Date) -> None:
    """Log warnings about values that are valid but probably unintended.

    Args:
        config: the configuration as written.
        settings: the same configuration, checked.
        oldest: the first day that 8x8 still keeps.
    """
    if unknown := unknown_keys(config):
        LOGGER.warning(messages.UNKNOWN_KEYS.text(keys=", ".join(unknown)))
    if observing := OBSERVING.get(settings.time_zone):
        LOGGER.warning(messages.ZONE_WITHOUT_SUMMER.text(zone=settings.time_zone, observing=observing))
    if settings.start_date and settings.start_date < oldest:
        LOGGER.warning(messages.START_TOO_EARLY.text(oldest=oldest))
    if settings.end_date and settings.end_date < oldest:
        LOGGER.warning(messages.NOTHING_TO_READ.text(end_date=settings.end_date, oldest=oldest))


def _text(config: Mapping[str, Any], key: str, title: str) -> str:
    value = config.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ConnectorError(messages.REQUIRED_TEXT, title=title, key=key)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ConnectorError(messages.BROKEN_CHARACTER, title=title, key=key) from None
    return value


def _api_key(config: Mapping[str, Any]) -> str:
    value = _text(config, "api_key", "The API key")
    if not _VISIBLE_ASCII.fullmatch(value):
        raise ConnectorError(messages.API_KEY_CHARACTERS)
    return value


def _hash_key(config: Mapping[str, Any]) -> str:
    value = config.get("personal_data_key")
    if not isinstance(value, str) or len(value.strip()) < SHORTEST_HASH_KEY:
        raise ConnectorError(messages.PERSONAL_DATA_KEY_MISSING)
    return _text(config, "personal_data_key", "The key for personal data").strip()


def _time_zone(config: Mapping[str, Any]) -> str:
    value = config.get("time_zone")
    if not isinstance(value, str) or value not in TIME_ZONES:
        meant = suggestion(value) if isinstance(value, str) else None
        raise ConnectorError(messages.TIME_ZONE_INVALID, hint=f" (did you mean {meant}?)" if meant else "")
    return value


def _pbx_ids(config: Mapping[str, Any]) -> tuple[str, ...]:
    value = config.get("pbx_ids", [ALL_PBXES])
    if not isinstance(value, list):
        raise ConnectorError(messages.PBXES_NOT_A_LIST)
    if not value:
        raise ConnectorError(messages.NO_PBXES)
    for name in value:
        if not isinstance(name, str) or not name.strip() or "," in name or not name.isprintable():
            raise ConnectorError(messages.PBX_NAME_INVALID)
    names = tuple(name.strip() for name in value)
    keys = [pbx_key(name) for name in names]
    if len(set(keys)) < len(keys):
        raise ConnectorError(messages.PBX_TWICE)
    if ALL_PBXES in keys:
        if len(names) > 1:
            raise ConnectorError(messages.PBXES_MIXED)
        return (ALL_PBXES,)
    return names


def _date(config: Mapping[str, Any], key: str, title: str) -> pendulum.Date | None:
    value = config.get(key, "")
    if value == "":
        return None
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            day = datetime.strptime(value, "%Y-%m-%d")
            return pendulum.date(day.year, day.month, day.day)
        except ValueError:
            pass
    raise ConnectorError(messages.DATE_INVALID, title=title, key=key)


def _reread_range(
    config: Mapping[str, Any], today: pendulum.Date
) -> tuple[pendulum.Date | None, pendulum.Date | None]:
    first = _date(config, "reread_from", "The first day to read again")
    last = _date(config, "reread_to", "The last day to read again") or first
    problem = None
    if last and not first:
        problem = "reread_to requires reread_from"
    elif first and last and last < first:
        problem = "reread_to is before reread_from"
    elif first and first > today:
        problem = "reread_from is in the future"
    if problem:
        raise ConnectorError(messages.REREAD_RANGE_INVALID, problem=problem)
    return first, last


def _choice(
    config: Mapping[str, Any], key: str, title: str, default: Choice, choices: tuple[Choice, ...]
) -> Choice:
    value = config.get(key, default)
    if value not in choices:
        *others, last = choices
        raise ConnectorError(
            messages.CHOICE_INVALID, title=title, key=key, choices=f"{', '.join(others)} or {last}"
        )
    return cast(Choice, value)


def _flag(config: Mapping[str, Any], key: str, title: str) -> bool:
    value = config.get(key, False)
    if not isinstance(value, bool):
        raise ConnectorError(messages.FLAG_INVALID, title=title, key=key)
    return value


def _whole_number(
    config: Mapping[str, Any], key: str, title: str, default: int, least: int, most: int
) -> int:
    value = config.get(key, default)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ConnectorError(messages.NUMBER_INVALID, title=title, key=key, least=least, most=most)
    return value


def _base_url(config: Mapping[str, Any]) -> str:
    value = config.get("base_url", DEFAULT_BASE_URL)
    if isinstance(value, str) and value.isprintable() and " " not in value:
        try:
            url = urlsplit(value)
            secure = url.scheme == "https" and bool(url.hostname)
            local = url.scheme == "http" and _is_loopback(url.hostname or "")
            bare = url.username is None and not url.query and not url.fragment
            _ = url.port  # raises if it is not a number
        except ValueError:
            secure = local = bare = False
        if (secure or local) and bare:
            return value.rstrip("/")
    raise ConnectorError(messages.BASE_URL_INVALID)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
