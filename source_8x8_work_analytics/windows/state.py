"""The saved state of a report stream: a mark for each PBX, and the settings that the rows were read with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pendulum

from source_8x8_work_analytics.errors import config_error


@dataclass
class SavedState:
    """Marks by PBX, and the settings of the rows before them.

    A mark is the report date up to which every window was read after it had ended.
    """

    marks: dict[str, pendulum.Date] = field(default_factory=dict)
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
            marks = {
                _text(entry["partition"]["pbx_id"]): _date(entry["cursor"]["report_date"])
                for entry in blob["states"]
            }
            settings = {_text(name): _text(value) for name, value in dict(blob.get("settings") or {}).items()}
        except (KeyError, TypeError, ValueError):
            raise config_error(
                f"The saved state of {stream} is not one of this connector: refresh the stream in Airbyte, "
                "which reads its history again."
            ) from None
        return cls(marks, settings)

    def mark(self, pbx_id: str) -> pendulum.Date | None:
        """Return the mark of a PBX; names of PBXs are the same in capitals."""
        return next((day for name, day in self.marks.items() if name.casefold() == pbx_id.casefold()), None)

    def move(self, pbx_id: str, day: pendulum.Date) -> None:
        """Set the mark of a PBX."""
        for name in [name for name in self.marks if name.casefold() == pbx_id.casefold()]:
            del self.marks[name]
        self.marks[pbx_id] = day

    def dump(self) -> dict[str, Any]:
        """Return what Airbyte is to keep."""
        return {
            "use_global_cursor": False,
            "states": [
                {"partition": {"pbx_id": name}, "cursor": {"report_date": str(self.marks[name])}}
                for name in sorted(self.marks)
            ],
            "settings": self.settings,
        }

    def refuse_other(self, stream: str, settings: Mapping[str, str]) -> None:
        """Refuse settings under which new rows would overlap the old ones.

        Raises:
            AirbyteTracedException: a config error that names the setting, both values and both ways out.
        """
        for name, new in settings.items():
            old = self.settings.get(name)
            if self.marks and old is not None and old != new:
                raise config_error(
                    f"{stream} was read with {name} {old}, and the configuration now says {new}, so old and "
                    f"new rows would overlap: set {name} back to {old}, or refresh the stream in Airbyte to "
                    f"read its history again with {new}."
                )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _date(value: Any) -> pendulum.Date:
    day = datetime.strptime(_text(value), "%Y-%m-%d")
    return pendulum.date(day.year, day.month, day.day)
