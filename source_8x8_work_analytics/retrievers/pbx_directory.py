"""The PBXs that the user can see, for endpoints that take a PBX's id instead of its name."""

import logging
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from airbyte_cdk.sources.declarative.requesters.requester import Requester
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics.client.service import Service
from source_8x8_work_analytics.errors import config_error, prefix_error
from source_8x8_work_analytics.retrievers.paging import Page, list_pages
from source_8x8_work_analytics.retrievers.payload import list_page
from source_8x8_work_analytics.retrievers.queue_payload import Pbx
from source_8x8_work_analytics.settings import ALL_PBXES

LOGGER = logging.getLogger("airbyte")

SUBJECT = "the list of PBXs"


class PbxDirectory:
    """The list of PBXs, fetched once by the first stream that needs it.

    Args:
        service: sends the requests.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._pbxes: Mapping[str, Pbx] = {}

    def names(self, requester: Requester) -> Sequence[str]:
        """Return the names of the PBXs to read: those configured, or all that are listed for `allpbxes`.

        Args:
            requester: fetches `v2/pbxes`.

        Raises:
            AirbyteTracedException: with one sentence.
        """
        with self._lock:
            if not self._pbxes:
                self._pbxes = {pbx.name.casefold(): pbx for pbx in self._fetch(requester)}
        configured = self._service.settings.pbx_ids
        return [pbx.name for pbx in self._pbxes.values()] if ALL_PBXES in configured else configured

    def find(self, name: str) -> Pbx:
        """Return the PBX of a name, whatever its capitals.

        Raises:
            AirbyteTracedException: a config error if it is not listed.
        """
        pbx = self._pbxes.get(name.casefold())
        if pbx is None:
            raise self._not_listed(name)
        return pbx

    def _not_listed(self, name: str) -> AirbyteTracedException:
        named = [pbx.name for pbx in self._pbxes.values() if pbx.id == name]
        if named:
            return config_error(f"This is the id of a PBX: enter its name, {named[0]}, instead (pbx_ids).")
        return config_error(
            "8x8 lists no PBX of this name that this user may see: correct the name (pbx_ids), or give "
            "the user (username) access to this PBX in Admin Console."
        )

    def _fetch(self, requester: Requester) -> list[Pbx]:
        pages = list_pages(SUBJECT, lambda params: self._fetch_page(requester, params))
        found = [row for rows in pages for row in rows]
        if not found:
            raise config_error(
                "8x8 lists no PBX that this user may see: give the user (username) access to a PBX in Admin "
                "Console."
            )
        # A PBX in use comes after a deleted one, so that it has the name if both have the same.
        found.sort(key=lambda row: not row.get("deleted"))
        in_use = [str(row["name"]) for row in found if not row.get("deleted")]
        for folded, count in Counter(map(str.casefold, in_use)).items():
            if count > 1:
                LOGGER.warning(
                    "8x8 lists %d PBXs in use that are named %s, capitals aside: call queues and agents are "
                    "read of one of them only.",
                    count,
                    next(name for name in in_use if name.casefold() == folded),
                )
        return [Pbx(str(row["name"]), str(row["id"])) for row in found]

    def _fetch_page(self, requester: Requester, params: Mapping[str, Any]) -> Page:
        def attempt() -> Page:
            response = requester.send_request(request_params=params)
            if response is None:
                raise TypeError("WorkAnalyticsRequester returns a response or raises")
            return list_page(response.content, ["pbxList"], ["id", "name"])

        try:
            return self._service.call_with_retries("pbxes", attempt)
        except AirbyteTracedException as error:
            raise prefix_error(SUBJECT, error) from None
