"""Read a list of Work Analytics Customer Data: PBXs, or the sites, queues and agents of each PBX."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from source_8x8_work_analytics.client.client import Client
from source_8x8_work_analytics.client.retries import Reader
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.reports.list_pages import list_pages
from source_8x8_work_analytics.reports.pbx_directory import Pbx, PbxDirectory
from source_8x8_work_analytics.reports.rows import Row
from source_8x8_work_analytics.settings import pbx_key


@dataclass(frozen=True)
class ListOf:
    """What a list contains.

    Attributes:
        path: the path of the list; `{pbx}` stands for a PBX.
        lists: the names that the list may have: 8x8's documents disagree.
        renamed: alternative spellings of fields, and the one to use.
    """

    path: str
    lists: tuple[str, ...]
    renamed: Mapping[str, str] = field(default_factory=dict)

    @property
    def by_pbx(self) -> bool:
        """Whether there is such a list for each PBX."""
        return "{pbx}" in self.path


class ListReport:
    """Fetches whole lists.

    Args:
        stream: the stream's name.
        of: what the list contains.
        client: sends the requests.
        directory: the PBXs that the user can see.
    """

    def __init__(self, stream: str, of: ListOf, client: Client, directory: PbxDirectory) -> None:
        self.stream = stream
        self._of = of
        self._client = client
        self._directory = directory

    def parts(self) -> Iterator[Pbx | str | None]:
        """Yield the parts to read: each listed PBX, the name of each unlisted one, or the only list.

        Raises:
            ConnectorError: with one sentence.
        """
        if not self._of.by_pbx:
            yield None
            return
        entries = self._directory.entries()
        yield from entries
        settings = self._client.settings
        listed = {pbx_key(pbx.name) for pbx in entries}
        if not settings.all_pbxes:
            yield from (name for name in settings.pbx_ids if pbx_key(name) not in listed)

    def read(self, part: Pbx | str | None) -> Iterator[Sequence[Row]]:
        """Yield the rows of one part, page by page.

        Raises:
            ConnectorError: with one sentence that names stream and PBX.
        """
        name = part.name if isinstance(part, Pbx) else part or ""
        try:
            if isinstance(part, str):
                raise self._directory.missing(part)
            path = self._of.path.format(pbx=part.path if part else "")
            pages = list_pages(self._client, Reader(self.stream, name), path, self._of.lists)
            for page in pages:
                yield [self._row(row, part) for row in page]
        except ConnectorError as error:
            if isinstance(part, Pbx) and self._directory.skip(part, error):
                return
            raise error.about(f"{self.stream}, PBX {name}" if name else self.stream) from None

    def _row(self, row: Row, part: Pbx | None) -> Row:
        others = self._of.renamed
        renamed = {
            others.get(name, name): value
            for name, value in row.items()
            if name not in others or value is not None
        }
        renamed["id"] = str(renamed["id"])
        if part and not isinstance(renamed.get("pbxId"), str):
            renamed["pbxId"] = part.id
        return renamed
