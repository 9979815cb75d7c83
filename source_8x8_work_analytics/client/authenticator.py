"""Put API key and token on each request."""

from collections.abc import Mapping
from dataclasses import InitVar, dataclass
from typing import Any

from airbyte_cdk.sources.declarative.auth.declarative_authenticator import DeclarativeAuthenticator

from source_8x8_work_analytics.context import context_of


@dataclass
class WorkAnalyticsAuthenticator(DeclarativeAuthenticator):
    """The sign-in of the whole sync, as the CDK takes it.

    `SessionTokenAuthenticator` could send 8x8's form, but it signs in once for each stream, does not take
    the token's life from the response, and repeats a refused sign-in.
    """

    config: Mapping[str, Any]
    parameters: InitVar[Mapping[str, Any] | None] = None

    def __post_init__(self, parameters: Mapping[str, Any] | None) -> None:
        self._login = context_of(self.config).service.login

    def get_auth_header(self) -> Mapping[str, Any]:
        """Return the headers with key and token, after a sign-in if one is due."""
        return self._login.headers()

    @property
    def auth_header(self) -> str:
        """The name of the header that carries the token."""
        return "Authorization"

    @property
    def token(self) -> str:
        """The value of that header."""
        return self.get_auth_header()[self.auth_header]  # type: ignore[no-any-return]
