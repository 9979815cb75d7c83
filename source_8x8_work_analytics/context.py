"""What the parts of one sync share, handed to the manifest's components in the configuration.

The CDK builds authenticator, requesters, routers and retrievers by itself and hands each the configuration,
nothing else: so what they share travels there, under a key of ours.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client.service import Retries, Service
from source_8x8_work_analytics.retrievers.pbx_directory import PbxDirectory
from source_8x8_work_analytics.retrievers.row_shapes import RowShapes
from source_8x8_work_analytics.settings import Settings
from source_8x8_work_analytics.windows.window_read import WindowRead

CONTEXT_KEY = "__context"


class Context:
    """Settings, service and windows of one sync or one check.

    Args:
        config: the configuration as the person wrote it.
        windows: returns what a stream reads, by the names of the stream and of its PBXs; may block until a
            window may start.
        retries: how patient requests are.
        num_workers: requests in flight at once, in place of the configuration's.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        windows: Callable[[str, Sequence[str]], Iterable[WindowRead]],
        retries: Retries | None = None,
        num_workers: int | None = None,
    ) -> None:
        self._config = config
        self.windows = windows
        self._retries = retries or Retries()
        self._num_workers = num_workers

        self._shapes: dict[str, RowShapes] = {}

    @cached_property
    def settings(self) -> Settings:
        """The configuration, checked at this moment; a config error where it is wrong."""
        return Settings.from_config(self._config, clock.now())

    @cached_property
    def service(self) -> Service:
        """8x8 as all streams see it."""
        return Service(self.settings, self._retries, self._num_workers or self.settings.num_workers)

    @cached_property
    def directory(self) -> PbxDirectory:
        """The PBXs that the user can see, for endpoints that take ids."""
        return PbxDirectory(self.service)

    def shapes_of(self, stream: str) -> RowShapes:
        """Return what the rows of a stream look like in this sync."""
        return self._shapes.setdefault(stream, RowShapes(stream))


def with_context(config: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Return the configuration with the context in it, as the CDK hands it to components."""
    return {**config, CONTEXT_KEY: context}


def context_of(config: Mapping[str, Any]) -> Context:
    """Return the context that a component was built with."""
    context = config.get(CONTEXT_KEY)
    if not isinstance(context, Context):
        raise TypeError(
            "components are built by Source8x8WorkAnalytics, which puts a context into the config"
        )
    return context
