"""Read the files on the command line: configuration, catalog and state."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airbyte_cdk.models import (
    AirbyteStateMessage,
    AirbyteStateMessageSerializer,
    AirbyteStateType,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteCatalogSerializer,
)

from source_8x8_work_analytics.errors import config_error

STATE_SHAPES = (
    "give it the output of an earlier read as it is, one of its STATE messages, or a JSON array of its states"
)


def read_config(path: str) -> dict[str, Any]:
    """Return the configuration in a file.

    Raises:
        AirbyteTracedException: a config error with one sentence, as for all functions here.
    """
    content = _json(_text(path, "configuration"), "configuration")
    if not isinstance(content, dict):
        raise config_error("The configuration file must hold a JSON object.")
    return content


def read_catalog(path: str) -> ConfiguredAirbyteCatalog:
    """Return the configured catalog in a file."""
    content = _json(_text(path, "catalog"), "catalog")
    try:
        catalog: ConfiguredAirbyteCatalog = ConfiguredAirbyteCatalogSerializer.load(content)
    except Exception:  # whatever the CDK's serializer raises
        raise config_error(
            "The catalog file does not hold a configured catalog of the Airbyte protocol: start from the one "
            "that comes with this connector (examples/catalog.json)."
        ) from None
    return catalog


def read_state(path: str) -> list[AirbyteStateMessage]:
    """Return the last state of each stream in a file.

    The file holds a JSON array of states, a single state or state message, or the messages of a whole read,
    one a line.
    """
    text = _text(path, "state")
    try:
        content = json.loads(text)
        found = content if isinstance(content, list) else [content]
    except (RecursionError, ValueError):
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) > 1 and not text.endswith("\n") and not _is_json(lines[-1]):
            lines.pop()  # a read that was killed leaves its last line cut off
        found = [_line(line) for line in lines]
    if not text.strip():
        raise _bad_state()
    if found == [{}]:  # some platforms write an empty state so
        return []
    whole_read = any(isinstance(item, dict) and item.get("type") in _OTHER_MESSAGES for item in found)
    states = [state for item in found if (state := _state(item, whole_read))]
    last = {state.stream.stream_descriptor.name: state for state in states if state.stream}
    return list(last.values())


_OTHER_MESSAGES = ("LOG", "TRACE", "RECORD", "CONTROL", "DEBUG")


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (RecursionError, ValueError):
        return False
    return True


def _line(line: str) -> Any:
    try:
        return json.loads(line)
    except (RecursionError, ValueError):
        raise _bad_state() from None


def _state(item: Any, whole_read: bool) -> AirbyteStateMessage | None:
    """Return the state in a message or a bare state; None for another message of a whole read."""
    if isinstance(item, dict) and item.get("type") == "STATE":
        item = item.get("state")
    elif whole_read and isinstance(item, Mapping) and item.get("type") in _OTHER_MESSAGES:
        return None
    if isinstance(item, dict) and (item.get("type") == "GLOBAL" or "global" in item):
        raise config_error(
            "The state file holds a state shared by all streams (GLOBAL), which this connector never writes: "
            f"{STATE_SHAPES}."
        )
    try:
        state: AirbyteStateMessage = AirbyteStateMessageSerializer.load(item)
    except Exception:  # whatever the CDK's serializer raises
        raise _bad_state() from None
    if state.type not in (None, AirbyteStateType.STREAM) or state.stream is None:
        raise _bad_state()
    return state


def _bad_state() -> Exception:
    return config_error(f"The state file does not hold a state of this connector: {STATE_SHAPES}.")


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except (RecursionError, ValueError):
        raise config_error(f"The {what} file does not hold JSON.") from None


def _text(path: str, what: str) -> str:
    """Return a file's text: UTF-8 whatever the locale says, with or without a byte order mark."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise config_error(f"The {what} file cannot be opened: {error.strerror}.") from None
    except ValueError:
        raise config_error(f"The {what} file is not UTF-8 text.") from None
