"""A plain client of the sandbox, signed in."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

import requests

from sandbox import Sandbox
from sandbox.sandbox import BASE_PATH

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=timezone.utc)
ZONE = "America/New_York"
WINDOW = ("2026-11-02 00:00:00", "2026-11-02 23:59:59", ZONE)


class Client:
    """Requests reports and lists as the connector does, and returns the bare responses."""

    def __init__(self, sandbox: Sandbox, address: str) -> None:
        self.sandbox = sandbox
        self.base = address + BASE_PATH
        token = requests.post(
            self.base + "/v1/oauth/token",
            headers={"8x8-apikey": sandbox.api_key},
            data={"username": sandbox.username, "password": sandbox.password},
            timeout=10,
        ).json()["access_token"]
        self.headers = {"8x8-apikey": sandbox.api_key, "Authorization": f"Bearer {token}"}

    def report(
        self,
        path: str,
        pbx: str = "acmecorp",
        window: tuple[str, str, str] = WINDOW,
        allow_redirects: bool = False,
        **more: Any,
    ) -> requests.Response:
        """Request a report on a window; calls come in one page by default."""
        start, end, zone = window
        query = {"pbxId": pbx, "startTime": start, "endTime": end, "timeZone": zone, **more}
        if path.startswith("/v2/call-"):
            query.setdefault("pageSize", 7000)
        return self._get(path, query, allow_redirects)

    def list_page(self, path: str, page: int = 0, size: int = 100) -> requests.Response:
        """Request a page of a list."""
        return self._get(path, {"page": page, "size": size}, False)

    def pages(self, path: str, size: int, window: tuple[str, str, str] = WINDOW) -> list[dict[str, Any]]:
        """Return the calls of all pages."""
        rows: list[dict[str, Any]] = []
        scroll: dict[str, Any] = {}
        while True:
            response = self.report(path, window=window, pageSize=size, **scroll).json()
            rows += response["data"]
            if not response["data"]:
                return rows
            scroll = {"scrollId": response["meta"]["scrollId"]}

    def _get(self, path: str, query: dict[str, Any], allow_redirects: bool) -> requests.Response:
        return requests.get(
            self.base + path,
            headers=self.headers,
            params=query,
            timeout=10,
            allow_redirects=allow_redirects,
        )


@contextmanager
def with_variants(sandbox: Sandbox, *variants: str) -> Iterator[None]:
    """Switch variants of a sandbox on while the block runs."""
    before, sandbox.variants = sandbox.variants, variants
    yield
    sandbox.variants = before


def call_count(row: dict[str, Any]) -> int:
    """Return the calls of a row of the extension summary."""
    return int(row["Inbound_Total"]) + int(row["Outbound_Total"])
