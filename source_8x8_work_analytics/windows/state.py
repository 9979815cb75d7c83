"""The saved state of a report stream: how far each PBX was read, and with which settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pendulum

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.settings import pbx_key
from source_8x8_work_analytics.time_zones import same_zone

HOW_TO_RELOAD = (
    "in Airbyte, refresh the stream and remove its records; in PyAirbyte, read with force_full_refresh=True "
    'and write_strategy="replace"; on the command line, read without --state'
)
"""How to reload a stream's history without leaving any old rows behind."""

_EARLIEST, _LATEST = pendulum.date(1970, 1, 1), pendulum.date(9000, 1, 1)
"""Limits that keep dates from a damaged state within the calendar."""


Days = tuple[pendulum.Date, pendulum.Date]
"""The first and last day of a range."""


@dataclass
class PbxState:
    """The range of days of one PBX that was read, with every window read after it had ended.

    Attributes:
        mark: the report date of the last window in the range.
        since: its first day; None in states of version 0.1.0, which do not include it.
        id: the PBX's id, for streams whose rows contain it.
        reread: the range that was last read again, as configured.
    """

    mark: pendulum.Date
    since: pendulum.Date | None = None
    id: str | None = None
    reread: Days | None = None


@dataclass
class SavedState:
    """What Airbyte keeps for a stream between syncs."""

    pbxes: dict[str, PbxState] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._names = {pbx_key(name): name for name in self.pbxes}

    @classmethod
    def load(cls, stream: str, blob: Mapping[str, Any]) -> "SavedState":
        """Load a state that Airbyte kept. An empty one is a valid state.

        Raises:
            ConnectorError: a config error if it has another form.
        """
        if not blob:
            return cls()
        try:
            entries = [(_text(entry["partition"]["pbx_id"]), _pbx_state(entry)) for entry in blob["states"]]
            settings = {_text(name): _text(value) for name, value in dict(blob.get("settings") or {}).items()}
        except (AttributeError, KeyError, TypeError, ValueError):
            raise ConnectorError(messages.STATE_INVALID, stream=stream, reload=HOW_TO_RELOAD) from None
        # A PBX can be there in two spellings: then its earlier mark counts, which is safe.
        earliest = {pbx_key(name): (name, entry) for name, entry in sorted(entries, key=_mark, reverse=True)}
        return cls(dict(earliest.values()), settings)

    def get(self, pbx_id: str) -> PbxState | None:
        """Return the state of a PBX, ignoring case."""
        name = self._names.get(pbx_key(pbx_id))
        return self.pbxes[name] if name is not None else None

    def put(self, pbx_id: str, state: PbxState) -> None:
        """Replace the state of a PBX."""
        before = self._names.get(pbx_key(pbx_id))
        if before is not None and before != pbx_id:
            del self.pbxes[before]
        self._names[pbx_key(pbx_id)] = pbx_id
        self.pbxes[pbx_id] = state

    def correct(self, pbx_id: str, state: PbxState) -> None:
        """Replace the state of a PBX under the name that it was saved with."""
        self.pbxes[self._names[pbx_key(pbx_id)]] = state

    def drop(self, pbx_id: str) -> None:
        """Forget a PBX."""
        name = self._names.pop(pbx_key(pbx_id), None)
        if name is not None:
            del self.pbxes[name]

    def narrow(self, days: int) -> None:
        """Shorten the range that was read of each PBX by some days at both ends."""
        for name, state in self.pbxes.items():
            since = min(state.since, _LATEST).add(days=days) if state.since else None
            mark = max(state.mark, _EARLIEST).subtract(days=days)
            self.pbxes[name] = replace(state, mark=mark, since=since)

    def dump(self) -> dict[str, Any]:
        """Return the state for Airbyte to keep."""
        return {
            "use_global_cursor": False,
            "states": [_entry(name, self.pbxes[name]) for name in sorted(self.pbxes)],
            "settings": dict(self.settings),
        }

    def check_compatible(self, stream: str, settings: Mapping[str, str]) -> None:
        """Reject settings with which new rows would overlap the old ones.

        Raises:
            ConnectorError: a config error that names the setting, both values and both solutions.
        """
        for name, new in settings.items():
            old = self.settings.get(name)
            same = same_zone(old, new) if name == "time_zone" and old else old == new
            if old is not None and not same:
                raise ConnectorError(
                    messages.SETTING_CHANGED, stream=stream, name=name, old=old, new=new, reload=HOW_TO_RELOAD
                )


def _entry(pbx_id: str, state: PbxState) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "partition": {"pbx_id": pbx_id},
        "cursor": {"report_date": str(state.mark)},
    }
    if state.since:
        entry["since"] = str(state.since)
    if state.id:
        entry["id"] = state.id
    if state.reread:
        entry["reread"] = [str(day) for day in state.reread]
    return entry


def _mark(entry: tuple[str, PbxState]) -> pendulum.Date:
    return entry[1].mark


def _pbx_state(entry: Mapping[str, Any]) -> PbxState:
    mark = _date(entry["cursor"]["report_date"])
    since = _date(entry["since"]) if entry.get("since") is not None else None
    pbx = _text(entry["id"]) if entry.get("id") is not None else None
    reread = None
    if entry.get("reread") is not None:
        first, last = entry["reread"]
        reread = (_date(first), _date(last))
    return PbxState(mark, since, pbx, reread)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _date(value: Any) -> pendulum.Date:
    day = datetime.strptime(_text(value), "%Y-%m-%d")
    return pendulum.date(day.year, day.month, day.day)
