"""The configuration, checked and typed.

The form that a person fills in is the spec in `manifest.yaml`. JSON schema can say that a value is wrong,
but not in a sentence that names the field, and it quotes the value, which may be a password.
"""

import ipaddress
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar, cast, get_args
from urllib.parse import urlsplit

import pendulum

from source_8x8_work_analytics.errors import config_error

LOGGER = logging.getLogger("airbyte")

WindowUnit = Literal["day", "week", "month"]
WindowEnd = Literal["last_second", "next_midnight"]

ALL_PBXES = "allpbxes"
DEFAULT_BASE_URL = "https://api.8x8.com/analytics/work"
TIME_ZONES = frozenset(pendulum.timezones()) - {"Factory", "localtime"}
"""The time zones that this machine knows, except two names that do not stand for a zone of their own."""

_VISIBLE_ASCII = re.compile(r"[!-~]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Choice = TypeVar("Choice", bound=str)


@dataclass(frozen=True)
class Settings:
    """What the person configured, one attribute for each key of the spec.

    Raises:
        AirbyteTracedException: (from `from_config`) a config error with one sentence that names the field.
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
    window_end: WindowEnd
    base_url: str

    @classmethod
    def from_config(cls, config: Mapping[str, Any], now: pendulum.DateTime) -> "Settings":
        """Check a configuration as it comes from Airbyte, at a moment in time. Null is the same as absent."""
        given = {key: value for key, value in config.items() if value is not None}
        time_zone = _time_zone(given)
        today = now.in_timezone(time_zone).date()
        start_date = _date(given, "start_date", "The start date")
        end_date = _date(given, "end_date", "The end date")
        if start_date and start_date > today:
            raise config_error(
                "The start date (start_date) is in the future: enter a day that has begun, or leave it "
                "empty for the last two years."
            )
        if start_date and end_date and end_date < start_date:
            raise config_error(
                "The end date (end_date) is before the start date (start_date): correct one of them."
            )
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
            only_finished_windows=_flag(given, "only_finished_windows", "Only finished windows"),
            lookback_days=_whole_number(given, "lookback_days", "The lookback", 2, 0, 60),
            num_workers=_whole_number(given, "num_workers", "The number of concurrent requests", 4, 2, 20),
            window_end=_choice(given, "window_end", "The window end", "last_second", get_args(WindowEnd)),
            base_url=_base_url(given),
        )


def unknown_keys(config: Mapping[str, Any]) -> list[str]:
    """Return the keys of a configuration that no setting has. Airbyte's own begin with two underscores."""
    known = Settings.__dataclass_fields__
    return sorted(key for key in config if key not in known and not key.startswith("__"))


def warn_of_unknown_keys(config: Mapping[str, Any]) -> None:
    """Log the keys of a configuration that are not used."""
    if unknown := unknown_keys(config):
        LOGGER.warning("The configuration has keys that are not used: %s.", ", ".join(unknown))


def _text(config: Mapping[str, Any], key: str, title: str) -> str:
    value = config.get(key)
    if not isinstance(value, str) or not value.strip():
        raise config_error(f"{title} ({key}) is required and must be text.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise config_error(f"{title} ({key}) contains a broken character: type it in again.") from None
    return value


def _api_key(config: Mapping[str, Any]) -> str:
    value = _text(config, "api_key", "The API key")
    if not _VISIBLE_ASCII.fullmatch(value):
        raise config_error(
            "The API key (api_key) contains an invalid character, such as a space or a line break: copy the "
            "Key again from Admin Console > API Keys."
        )
    return value


def _time_zone(config: Mapping[str, Any]) -> str:
    value = config.get("time_zone")
    if not isinstance(value, str) or value not in TIME_ZONES:
        raise config_error(
            "The time zone (time_zone) must be an IANA name, which is case-sensitive, such as "
            "America/New_York, Europe/London or UTC."
        )
    return value


def _pbx_ids(config: Mapping[str, Any]) -> tuple[str, ...]:
    value = config.get("pbx_ids", [ALL_PBXES])
    if not isinstance(value, list):
        raise config_error(
            'The PBX names (pbx_ids) must be a list, with one entry for each PBX, such as ["acmecorp"].'
        )
    if not value:
        raise config_error(
            f"The list of PBX names (pbx_ids) is empty: enter the names, or {ALL_PBXES} for all of them."
        )
    for name in value:
        if not isinstance(name, str) or not name.strip() or "," in name or not name.isprintable():
            raise config_error(
                "The list of PBX names (pbx_ids) has an entry that is not a name: enter each PBX by itself, "
                "as Admin Console spells it."
            )
    names = tuple(name.strip() for name in value)
    folded = [name.casefold() for name in names]
    if len(set(folded)) < len(folded):
        raise config_error("The list of PBX names (pbx_ids) has a PBX twice: enter each one once.")
    if ALL_PBXES in folded:
        if len(names) > 1:
            raise config_error(
                f"The list of PBX names (pbx_ids) mixes {ALL_PBXES} with names: enter either {ALL_PBXES} "
                "alone or only names."
            )
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
    raise config_error(f"{title} ({key}) is not a valid date; use YYYY-MM-DD, such as 2025-01-31.")


def _choice(
    config: Mapping[str, Any], key: str, title: str, default: Choice, choices: tuple[Choice, ...]
) -> Choice:
    value = config.get(key, default)
    if value not in choices:
        *others, last = choices
        raise config_error(f"{title} ({key}) must be {', '.join(others)} or {last}.")
    return cast(Choice, value)


def _flag(config: Mapping[str, Any], key: str, title: str) -> bool:
    value = config.get(key, False)
    if not isinstance(value, bool):
        raise config_error(f"{title} ({key}) must be true or false.")
    return value


def _whole_number(
    config: Mapping[str, Any], key: str, title: str, default: int, least: int, most: int
) -> int:
    value = config.get(key, default)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise config_error(f"{title} ({key}) must be a whole number from {least} to {most}.")
    return value


def _base_url(config: Mapping[str, Any]) -> str:
    value = config.get("base_url", DEFAULT_BASE_URL)
    if isinstance(value, str) and value.isprintable() and " " not in value:
        try:
            url = urlsplit(value)
            secure = url.scheme == "https" and bool(url.hostname)
            local = url.scheme == "http" and _is_loopback(url.hostname or "")
            bare = url.username is None and not url.query and not url.fragment
            _ = url.port  # raises where it is no number
        except ValueError:
            secure = local = bare = False
        if (secure or local) and bare:
            return value.rstrip("/")
    raise config_error(
        "The base URL (base_url) must begin with https://, or with http:// and an address of this machine; "
        "leave it empty unless you run tests."
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
