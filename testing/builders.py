import re
from typing import Any

from airbyte_cdk.models import ConfiguredAirbyteCatalog, ConfiguredAirbyteCatalogSerializer
from requests.structures import CaseInsensitiveDict

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client.client import Client
from source_8x8_work_analytics.client.http import Response
from source_8x8_work_analytics.client.retries import Retries
from source_8x8_work_analytics.settings import Settings

BASE_URL = "https://api.8x8.com/analytics/work"
TOKEN_URL = f"{BASE_URL}/v1/oauth/token"
EXTSUM_URL = f"{BASE_URL}/v2/extsum"
PBXES_URL = f"{BASE_URL}/v2/pbxes"


def config(**changes: Any) -> dict[str, Any]:
    """A valid configuration; a value of `...` removes a key."""
    whole = {
        "api_key": "unit-test-key-0123456789",
        "username": "reports@acme.example",
        "password": "unit-test-päss&=+%wörd",
        "time_zone": "America/New_York",
        "pbx_ids": ["acmecorp"],
        "start_date": "2026-11-22",
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not ...}


def catalog_file(*streams: str, mode: str = "incremental") -> dict[str, Any]:
    """The content of a catalog file."""
    return {
        "streams": [
            {
                "stream": {
                    "name": name,
                    "json_schema": {},
                    "supported_sync_modes": ["full_refresh", "incremental"],
                },
                "sync_mode": mode,
                "destination_sync_mode": "append_dedup",
            }
            for name in streams or ("extension_summary",)
        ]
    }


def catalog(stream: str = "extension_summary", mode: str = "incremental") -> ConfiguredAirbyteCatalog:
    return ConfiguredAirbyteCatalogSerializer.load(catalog_file(stream, mode=mode))


def row(extension: str = "1001", pbx: str = "acmecorp", **more: Any) -> dict[str, Any]:
    return {"PbxId": pbx, "Extension": extension, "Total_Answered": 3, **more}


def token(value: str = "unit-test-token-abcdefgh", expires_in: Any = 1800) -> dict[str, Any]:
    return {"access_token": value, "token_type": "bearer", "expires_in": expires_in}


def settings(**changes: Any) -> Settings:
    """The settings of a valid configuration."""
    return Settings.from_config(config(**changes), clock.now())


def client(num_workers: int = 4, retries: Retries | None = None, **changes: Any) -> Client:
    """8x8 as one sync sees it."""
    return Client(settings(**changes), retries, num_workers)


def response(body: bytes | str = b"[]", status: int = 200, **headers: str) -> Response:
    """What came back. `_` stands for `-` in the names of headers."""
    content = body.encode() if isinstance(body, str) else body
    named = CaseInsensitiveDict({name.replace("_", "-"): value for name, value in headers.items()})
    authorization = "Bearer unit-test-token-abcdefgh"
    return Response(status, named, content, 0.1, authorization, clock.now(), clock.elapsed())


def plain_id(value: object) -> str:
    """Return the id of a test's value, without characters that pytest escapes again at each collection."""
    return re.sub(r"[^ -\[\]-~]", "?", str(value))[:60]
