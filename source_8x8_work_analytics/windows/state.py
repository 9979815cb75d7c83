"""The saved state of a report stream: how far each PBX was read, and the settings of the rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pendulum

from source_8x8_work_analytics.errors import config_error

HOW_TO_RELOAD = (
    "in Airbyte, refresh the stream and remove its records; in PyAirbyte, read with force_full_refresh=True "
    'and write_strategy="replace"; on the command line, read without --state'
)
"""How to load a stream's history again, with no row of the old history left behind."""

_EARLIEST, _LATEST = pendulum.date(1970, 1, 1), pendulum.date(9000, 1, 1)
"""So that no date of a damaged state runs out of the calendar."""


@dataclass
class PbxState:
    """Which stretch of days of one PBX was read, every window after it had ended.

    Attributes:
        mark: the report date of the last window of the stretch.
        since: its first day; None in states of 0.1.0, which do not say.
    """

    mark: pendulum.Date
    since: pendulum.Date | None = None


@dataclass
class SavedState:
    """What Airbyte keeps for a stream between syncs."""

    pbxes: dict[str, PbxState] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, stream: str, blob: Mapping[str, Any]) -> "SavedState":
        """Read what Airbyte kept. Nothing kept is an empty state.

        Raises:
            AirbyteTracedException: a config error if it has another shape.
        """
        if not blob:
            return cls()
        try:
            pbxes = {
                _text(entry["partition"]["pbx_id"]): PbxState(
                    _date(entry["cursor"]["report_date"]),
                    _date(entry["since"]) if entry.get("since") is not None else None,
                )
                for entry in blob["states"]
            }
            settings = {_text(name): _text(value) for name, value in dict(blob.get("settings") or {}).items()}
        except (AttributeError, KeyError, TypeError, ValueError):
            raise config_error(
                f"The saved state of {stream} was not written by this connector: load its history again "
                f"({HOW_TO_RELOAD})."
            ) from None
        return cls(pbxes, settings)

    def get(self, pbx_id: str) -> PbxState | None:
        """Return the state of a PBX; capitals in names do not matter."""
        return next((state for name, state in self.pbxes.items() if _same(name, pbx_id)), None)

    def put(self, pbx_id: str, state: PbxState) -> None:
        """Replace the state of a PBX."""
        for name in [name for name in self.pbxes if _same(name, pbx_id)]:
            del self.pbxes[name]
        self.pbxes[pbx_id] = state

    def narrow(self, days: int) -> None:
        """Take days off either end of what was read of each PBX."""
        for name, state in self.pbxes.items():
            since = min(state.since, _LATEST).add(days=days) if state.since else None
            self.pbxes[name] = PbxState(max(state.mark, _EARLIEST).subtract(days=days), since)

    def dump(self) -> dict[str, Any]:
        """Return what Airbyte is to keep."""
        return {
            "use_global_cursor": False,
            "states": [_entry(name, self.pbxes[name]) for name in sorted(self.pbxes)],
            "settings": dict(self.settings),
        }

    def check_compatible(self, stream: str, settings: Mapping[str, str]) -> None:
        """Refuse settings under which new rows would overlap the old ones.

        Raises:
            AirbyteTracedException: a config error that names the setting, both values and both ways out.
        """
        for name, new in settings.items():
            old = self.settings.get(name)
            if old is not None and old != new:
                raise config_error(
                    f"{stream} was read with {name} {old}, and the configuration now says {new}, so old and "
                    f"new rows would overlap: set {name} back to {old}, or load the history again with {new} "
                    f"({HOW_TO_RELOAD})."
                )


def _entry(pbx_id: str, state: PbxState) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "partition": {"pbx_id": pbx_id},
        "cursor": {"report_date": str(state.mark)},
    }
    if state.since:
        entry["since"] = str(state.since)
    return entry


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _date(value: Any) -> pendulum.Date:
    day = datetime.strptime(_text(value), "%Y-%m-%d")
    return pendulum.date(day.year, day.month, day.day)
