"""Log in with API key, user and password, and keep the token fresh."""

from collections.abc import Mapping
from dataclasses import InitVar, dataclass
from datetime import timedelta
from typing import Any

import requests
from airbyte_cdk.sources.declarative.auth.declarative_authenticator import DeclarativeAuthenticator
from airbyte_cdk.sources.streams.http.requests_native_auth.abstract_oauth import (
    AbstractOauth2Authenticator,
)
from airbyte_cdk.utils.airbyte_secrets_utils import add_to_secrets
from airbyte_cdk.utils.datetime_helpers import AirbyteDateTime
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client.error_handler import API_KEY_REFUSED, code_in, json_in, try_again_after
from source_8x8_work_analytics.client.service import Login, Service, service_for
from source_8x8_work_analytics.errors import TryAgain, config_error, transient_error
from source_8x8_work_analytics.settings import Settings
from source_8x8_work_analytics.version import __version__

USER_AGENT = f"source-8x8-work-analytics/{__version__}"
TIME_OUT = (10.0, 60.0)
"""Seconds to connect, and to wait for the login's answer."""
USUAL_LIFETIME = 1800.0
"""Seconds that a token lives, as 8x8 documents it, where an answer does not say."""
RENEW_EARLY = 120.0
"""Seconds before a token's end from which it is not used any more, or a tenth of its life if that is less."""


@dataclass
class WorkAnalyticsAuthenticator(AbstractOauth2Authenticator, DeclarativeAuthenticator):
    """Gets a bearer token for an API key and a user, and puts key and token on each request.

    8x8 documents a login of its own: a form with user and password, the API key in a header, no client id
    and no refresh token, which the CDK's declarative authenticators cannot send. One token serves all
    threads and streams. A refused login is never tried again, since that could lock the account.
    Source: https://developer.8x8.com/analytics/docs/work-analytics-extension-summary

    Raises:
        AirbyteTracedException: a config error if 8x8 refuses key, user or password; a transient one if it
            does not answer.
    """

    config: Mapping[str, Any]
    parameters: InitVar[Mapping[str, Any] | None] = None

    def __post_init__(self, parameters: Mapping[str, Any] | None) -> None:
        super().__init__()
        self._settings = Settings.from_config(self.config, clock.now())

    @property
    def _service(self) -> Service:
        return service_for(self._settings)

    @property
    def _login(self) -> Login:
        return self._service.login

    def get_auth_header(self) -> Mapping[str, Any]:
        """Return the headers that say who is calling: program, key and token."""
        return {
            "User-Agent": USER_AGENT,
            "8x8-apikey": self._settings.api_key,
            "Authorization": f"Bearer {self.get_access_token()}",
        }

    def token_has_expired(self) -> bool:
        """Whether the token must not be used any more. Elapsed time counts, not the clock on the wall."""
        return clock.elapsed() >= self._login.expires

    def refresh_access_token(self) -> tuple[str, AirbyteDateTime]:
        """Log in. Returns the token and the moment it ends."""
        if self._login.refusal:
            raise self._login.refusal
        try:
            token, lifetime = self._service.persist("login", self._log_in)
        except AirbyteTracedException as error:
            self._login.refusal = error
            raise
        add_to_secrets(token)
        self._login.expires = clock.elapsed() + lifetime - min(RENEW_EARLY, lifetime / 10)
        return token, _from_now(lifetime)

    def renew_if_still(self, rejected: str) -> None:
        """Log in again if the rejected `Authorization` header is still the current one.

        Of all threads whose token was rejected, the first one renews it; the others find a new one.
        """
        with self._token_refresh_lock:
            if rejected == f"Bearer {self._login.access_token}":
                self.refresh_and_set_access_token()

    def _log_in(self) -> tuple[str, float]:
        url = f"{self._settings.base_url}/v1/oauth/token"
        form = {"username": self._settings.username, "password": self._settings.password}
        headers = {"8x8-apikey": self._settings.api_key, "User-Agent": USER_AGENT}
        try:
            answer = requests.post(url, data=form, headers=headers, timeout=TIME_OUT, allow_redirects=False)
        except requests.RequestException as error:
            raise try_again_after(error, "the login") from None
        if answer.status_code in (408, 429) or answer.status_code >= 500:
            raise try_again_after(answer, "the login")
        content = json_in(answer)
        if answer.status_code == 200:
            return _token_in(content)
        raise _refusal(answer.status_code, code_in(content))

    # What the CDK's interface asks for, and 8x8's login has no use for.

    @property
    def auth_header(self) -> str:
        """The header that carries the token."""
        return "Authorization"

    @property
    def token(self) -> str:
        """The header's value."""
        return f"Bearer {self.get_access_token()}"

    @property
    def access_token(self) -> str:
        """The current token; empty before the first login."""
        return self._login.access_token

    @access_token.setter
    def access_token(self, value: str) -> None:
        self._login.access_token = value

    def get_token_expiry_date(self) -> AirbyteDateTime:
        """Return the moment from which the token is not used any more."""
        return _from_now(self._login.expires - clock.elapsed())

    def set_token_expiry_date(self, value: AirbyteDateTime) -> None:
        """Do nothing: `refresh_access_token` notes the end by elapsed time."""

    def get_token_refresh_endpoint(self) -> str | None:
        """Return the URL that tokens come from."""
        return f"{self._settings.base_url}/v1/oauth/token"

    def get_client_id_name(self) -> str:
        """Return an empty name: there is no client id."""
        return ""

    def get_client_id(self) -> str:
        """Return an empty value: there is no client id."""
        return ""

    def get_client_secret_name(self) -> str:
        """Return an empty name: the Secret of Admin Console is not used."""
        return ""

    def get_client_secret(self) -> str:
        """Return an empty value: the Secret of Admin Console is not used."""
        return ""

    def get_refresh_token_name(self) -> str:
        """Return an empty name: there are no refresh tokens."""
        return ""

    def get_refresh_token(self) -> str | None:
        """Return nothing: there are no refresh tokens."""
        return None

    def get_scopes(self) -> list[str]:
        """Return no scopes."""
        return []

    def get_access_token_name(self) -> str:
        """Return the key of the token in the answer."""
        return "access_token"

    def get_expires_in_name(self) -> str:
        """Return the key of the token's lifetime in the answer."""
        return "expires_in"

    def get_refresh_request_body(self) -> Mapping[str, Any]:
        """Return nothing: `refresh_access_token` sends its own form."""
        return {}

    def get_refresh_request_headers(self) -> Mapping[str, Any]:
        """Return nothing: `refresh_access_token` sends its own headers."""
        return {}

    def get_grant_type_name(self) -> str:
        """Return an empty name: 8x8's login has no grant type."""
        return ""

    def get_grant_type(self) -> str:
        """Return an empty value: 8x8's login has no grant type."""
        return ""


def _from_now(seconds: float) -> AirbyteDateTime:
    return AirbyteDateTime.from_datetime(clock.now() + timedelta(seconds=seconds))


def _token_in(content: Any) -> tuple[str, float]:
    token = content.get("access_token") if isinstance(content, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token.strip():
        raise TryAgain("answered the login without a token")
    lifetime = content.get("expires_in")
    if not isinstance(lifetime, int | float) or isinstance(lifetime, bool) or not 0 < lifetime < 1e9:
        lifetime = USUAL_LIFETIME
    return token, float(lifetime)


def _refusal(status: int, code: str) -> AirbyteTracedException:
    said = f" (HTTP {status}{', ' + code if code else ''})"
    if code == "SHA001":
        return config_error(API_KEY_REFUSED)
    if status in (400, 401, 403):
        return config_error(
            f"8x8 refused the user name or the password{said}: correct them (username, password), and see "
            "that this user has opened Analytics for Work in a browser at least once."
        )
    return transient_error(f"8x8 did not accept the login{said}: check the base URL, or try again later.")
