"""The PBXs that the user can see, for endpoints that accept a PBX's id instead of its name."""

import logging
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.client.client import Client
from source_8x8_work_analytics.client.retries import Reader
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.reports.list_pages import list_pages
from source_8x8_work_analytics.reports.rows import Row
from source_8x8_work_analytics.settings import pbx_key

LOGGER = logging.getLogger("airbyte")

READER = Reader("pbxes")
SUBJECT = "the list of PBXs"
ENDPOINT = "v2/pbxes"
LIST = ("pbxList",)

DENIALS = (messages.PBX_DENIED, messages.QUEUES_DENIED, messages.NOT_FOUND, messages.TOKEN_DENIED)
"""How 8x8 denies access to a PBX."""


@dataclass(frozen=True)
class Pbx:
    """A PBX as `/v2/pbxes` lists it.

    Attributes:
        name: the name that people use, without surrounding spaces.
        id: the opaque id used in paths.
        deleted: whether it is no longer in use.
    """

    name: str
    id: str
    deleted: bool = False

    @property
    def path(self) -> str:
        """The path that the endpoints of this PBX begin with."""
        return f"{ENDPOINT}/{quote(self.id, safe='')}"


class PbxDirectory:
    """The list of PBXs, fetched once by the first stream that needs it.

    Args:
        client: sends the requests.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._pbxes: Mapping[str, list[Pbx]] = {}
        self._skipped: set[str] = set()

    def entries(self) -> list[Pbx]:
        """Return every listed PBX that the configuration names, including deleted ones and namesakes.

        Raises:
            ConnectorError: with one sentence.
        """
        self._load()
        settings = self._client.settings
        keys = {pbx_key(name) for name in settings.pbx_ids}
        return [
            pbx for key, pbxes in self._pbxes.items() for pbx in pbxes if settings.all_pbxes or key in keys
        ]

    def ids(self) -> dict[str, str | None]:
        """Return the names of the PBXs to read, each with its id: those configured, or all for `allpbxes`.

        The id of a name that is not listed is None.

        Raises:
            ConnectorError: with one sentence.
        """
        self._load()
        settings = self._client.settings
        if settings.all_pbxes:
            return {pbxes[-1].name: pbxes[-1].id for pbxes in self._pbxes.values()}
        listed = {name: self._pbxes.get(pbx_key(name)) for name in settings.pbx_ids}
        return {name: pbxes[-1].id if pbxes else None for name, pbxes in listed.items()}

    def names(self) -> dict[str, bool]:
        """Return the name of every PBX that the user can see, and whether it is active.

        Raises:
            ConnectorError: with one sentence.
        """
        self._load()
        return {pbxes[-1].name: not pbxes[-1].deleted for pbxes in self._pbxes.values()}

    def find(self, name: str) -> Pbx:
        """Return the PBX with a name, ignoring case; if two have it, the active one.

        Raises:
            ConnectorError: a config error if it is not listed.
        """
        self._load()
        found = self._pbxes.get(pbx_key(name))
        if not found:
            raise self.missing(name)
        return found[-1]

    def missing(self, name: str) -> ConnectorError:
        """Return the error for a PBX that is not listed."""
        named = [pbx.name for pbxes in self._pbxes.values() for pbx in pbxes if pbx.id == name]
        if named:
            return ConnectorError(messages.PBX_ID_GIVEN, name=named[0])
        return ConnectorError(messages.PBX_NOT_LISTED)

    def skip(self, pbx: Pbx, error: Exception) -> bool:
        """Skip a PBX, with one warning, if it is deleted, access is denied, and it is not configured by name.

        Returns:
            Whether it is skipped.
        """
        denied = isinstance(error, ConnectorError) and error.problem in DENIALS
        if not denied or not pbx.deleted or not self._client.settings.all_pbxes:
            return False
        with self._lock:
            first = pbx.id not in self._skipped
            self._skipped.add(pbx.id)
        if first:
            LOGGER.warning(messages.DELETED_PBX_SKIPPED.text(name=pbx.name))
        return True

    def skip_named(self, name: str, error: Exception) -> bool:
        """Skip the PBX with a name, as `skip` does; False if none is listed."""
        found = self._pbxes.get(pbx_key(name))
        return self.skip(found[-1], error) if found else False

    def _warn_of_shadowed(self) -> None:
        """Warn about PBXs to read that share their name with another one."""
        listed = defaultdict(list)
        for pbx in self.entries():
            listed[pbx_key(pbx.name)].append(pbx)
        for pbxes in listed.values():
            in_use = [pbx for pbx in pbxes if not pbx.deleted]
            name = pbxes[-1].name
            if len(in_use) > 1:
                LOGGER.warning(messages.PBXES_SHARE_NAME.text(count=len(in_use), name=name))
            if len(pbxes) > max(1, len(in_use)):
                kept = "active PBX" if in_use else "last one listed"
                LOGGER.warning(messages.PBX_SHADOWED.text(name=name, kept=kept))

    def _load(self) -> None:
        with self._lock:
            first = not self._pbxes
            if first:
                self._pbxes = self._fetch()
        if first:
            self._warn_of_shadowed()

    def _fetch(self) -> Mapping[str, list[Pbx]]:
        try:
            rows = [row for page in list_pages(self._client, READER, ENDPOINT, LIST) for row in page]
            found = _pbxes_of(rows)
        except ConnectorError as error:
            raise error.about(SUBJECT) from None
        if not found:
            raise ConnectorError(messages.NO_PBX_LISTED)
        return found


def _pbxes_of(rows: Sequence[Row]) -> Mapping[str, list[Pbx]]:
    """Return the PBXs by name; of those that share a name, active ones come last."""
    found: defaultdict[str, list[Pbx]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: not row.get("deleted")):
        name = row.get("name")
        if isinstance(name, str) and name.strip():
            found[pbx_key(name)].append(Pbx(name.strip(), str(row["id"]), bool(row.get("deleted"))))
        elif not row.get("deleted"):
            raise ConnectorError(messages.LIST_ENTRY_WITHOUT_ID, name="name")
    return dict(found)
