"""The manifest as it is written, parsed once."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from airbyte_cdk.utils.yaml_loader import safe_load_yaml

from source_8x8_work_analytics.errors import config_error


@cache
def load_manifest() -> Mapping[str, Any]:
    """Return the content of `manifest.yaml`, with its references as they stand there."""
    text = files(__package__).joinpath("manifest.yaml").read_text(encoding="utf-8")
    return safe_load_yaml(text)  # type: ignore[no-any-return]


def load_manifest_of(streams: Collection[str]) -> Mapping[str, Any]:
    """Return the manifest with only these streams, which saves building the others.

    Returns the whole manifest if it has none of them, since a manifest without streams is invalid.
    """
    manifest = load_manifest()
    chosen = [stream for stream in manifest["streams"] if stream["name"] in streams]
    return {**manifest, "streams": chosen or manifest["streams"]}


def stream_names() -> list[str]:
    """Return the names of all streams."""
    return [stream["name"] for stream in load_manifest()["streams"]]


def check_streams(names: Sequence[str]) -> None:
    """Raise a config error for the first name that no stream has, or that comes twice."""
    known, seen = stream_names(), set[str]()
    for name in names:
        if name in seen:
            raise config_error(f"The catalog names the stream {name} twice: remove one of the two entries.")
        if name not in known:
            raise config_error(
                f"The catalog names a stream that this source does not have, {name}: "
                "refresh the source's schema in Airbyte, or correct the catalog file."
            )
        seen.add(name)
