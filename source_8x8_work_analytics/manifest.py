"""The manifest as it is written, parsed once."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from airbyte_cdk.utils.yaml_loader import safe_load_yaml


@cache
def load_manifest() -> Mapping[str, Any]:
    """Return the content of `manifest.yaml`, with its references as they stand there."""
    text = files(__package__).joinpath("manifest.yaml").read_text(encoding="utf-8")
    return safe_load_yaml(text)  # type: ignore[no-any-return]
