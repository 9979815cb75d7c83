"""Read the files on the command line: configuration, catalog and state."""

import getpass
import json
import logging
import os
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

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.errors import ConnectorError

LOGGER = logging.getLogger("airbyte")

_OTHER_MESSAGES = ("LOG", "TRACE", "RECORD", "CONTROL", "DEBUG")
_SYNC_MODES = ("full_refresh", "incremental")


def read_config(path: str) -> dict[str, Any]:
    """Return the configuration in a file.

    Raises:
        ConnectorError: a config error with one sentence, as for all functions here.
    """
    content = _json(_text(path, "configuration"), "configuration")
    if not isinstance(content, dict):
        raise ConnectorError(messages.CONFIG_NOT_AN_OBJECT)
    return content


def read_catalog(path: str) -> ConfiguredAirbyteCatalog:
    """Return the configured catalog in a file."""
    content = _json(_text(path, "catalog"), "catalog")
    try:
        catalog: ConfiguredAirbyteCatalog = ConfiguredAirbyteCatalogSerializer.load(content)
    except Exception:  # the CDK's serializer can raise anything
        raise ConnectorError(messages.CATALOG_INVALID, where=_wrong_place(content)) from None
    return catalog


def _wrong_place(content: Any) -> str:
    """Return which field of a catalog is wrong, as the end of a sentence."""
    streams = content.get("streams") if isinstance(content, dict) else None
    if not isinstance(streams, list):
        return " (streams must be a list)"
    for index, configured in enumerate(streams):
        place = f"streams[{index}]"
        if not isinstance(configured, dict):
            return f" ({place} must be an object)"
        stream = configured.get("stream")
        if not isinstance(stream, dict):
            return f" ({place}.stream must be an object)"
        if not isinstance(stream.get("name"), str):
            return f" ({place}.stream.name must be text)"
        if configured.get("sync_mode") not in _SYNC_MODES:
            return f" ({place}.sync_mode must be {' or '.join(_SYNC_MODES)})"
        for name in ("destination_sync_mode", "json_schema"):
            if name not in configured and name not in stream:
                return f" ({place} has no {name})"
    return ""


def read_state(path: str) -> list[AirbyteStateMessage]:
    """Return the last state of each stream in a file.

    The file contains a JSON array of states, a single state or state message, or the messages of a whole
    read, one per line.
    """
    text = _text(path, "state")
    if not text.strip():
        raise ConnectorError(messages.STATE_FILE_EMPTY)
    try:
        content = json.loads(text)
        if isinstance(content, dict) and isinstance(content.get("streamState"), list):
            content = content["streamState"]  # of a whole connection, as Airbyte's API returns it
        found = content if isinstance(content, list) else [content]
    except (RecursionError, ValueError):
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) > 1 and not text.endswith("\n") and not _is_json(lines[-1]):
            lines.pop()  # the last line of a killed read may be cut off
        found = [_line(line) for line in lines]
    if found == [{}]:  # some platforms write an empty state this way
        return []
    whole_read = any(isinstance(item, dict) and item.get("type") in _OTHER_MESSAGES for item in found)
    states = [state for item in found if (state := _state(item, whole_read))]
    if whole_read and not states:
        LOGGER.warning(messages.STATE_FILE_WITHOUT_STATE.text())
    last = {state.stream.stream_descriptor.name: state for state in states if state.stream}
    return list(last.values())


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
        raise ConnectorError(messages.STATE_FILE_INVALID) from None


def _state(item: Any, whole_read: bool) -> AirbyteStateMessage | None:
    """Return the state in a message or a bare state; None for another message of a whole read."""
    if isinstance(item, dict) and item.get("type") == "STATE":
        item = item.get("state")
    elif whole_read and isinstance(item, Mapping) and item.get("type") in _OTHER_MESSAGES:
        return None
    if isinstance(item, dict) and (item.get("type") == "GLOBAL" or "global" in item or "globalState" in item):
        raise ConnectorError(messages.STATE_GLOBAL)
    try:
        state: AirbyteStateMessage = AirbyteStateMessageSerializer.load(_in_protocol_form(item))
    except Exception:  # the CDK's serializer can raise anything
        raise ConnectorError(messages.STATE_FILE_INVALID) from None
    if state.type not in (None, AirbyteStateType.STREAM) or state.stream is None:
        raise ConnectorError(messages.STATE_FILE_INVALID)
    return state


def _in_protocol_form(item: Any) -> Any:
    """Return a state as the protocol spells it, even if it comes from Airbyte's API in camel case."""
    if not isinstance(item, dict):
        return item
    stream = item.get("stream", item if "streamDescriptor" in item or "stream_descriptor" in item else None)
    if not isinstance(stream, dict):
        return item
    descriptor = stream.get("stream_descriptor", stream.get("streamDescriptor"))
    state = stream.get("stream_state", stream.get("streamState"))
    return {"type": "STREAM", "stream": {"stream_descriptor": descriptor, "stream_state": state}}


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except (RecursionError, ValueError):
        raise ConnectorError(messages.FILE_NOT_JSON, what=what) from None


def _text(path: str, what: str) -> str:
    """Return a file's text: UTF-8 regardless of the locale, with or without a byte order mark."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except PermissionError as error:
        raise ConnectorError(
            messages.FILE_CANNOT_BE_READ, what=what, reason=error.strerror, user=_user()
        ) from None
    except OSError as error:
        raise ConnectorError(messages.FILE_CANNOT_BE_OPENED, what=what, reason=error.strerror) from None
    except ValueError:
        raise ConnectorError(messages.FILE_NOT_TEXT, what=what) from None


def _user() -> str:
    """Return which user the program runs as."""
    try:
        return f"{getpass.getuser()} (uid {os.getuid()})"
    except (ImportError, KeyError, OSError):  # a uid without a name, as in many containers
        return f"uid {os.getuid()}"
