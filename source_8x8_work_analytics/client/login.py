"""Sign in with API key, user name and password, and keep the token fresh."""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from airbyte_cdk.utils.airbyte_secrets_utils import add_to_secrets
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client.http import Http
from source_8x8_work_analytics.client.responses import (
    API_KEY_REFUSED,
    code_in,
    json_in,
    raise_if_no_answer,
)
from source_8x8_work_analytics.errors import (
    RetryableError,
    ServiceError,
    config_error,
    service_error,
    transient_error,
)
from source_8x8_work_analytics.settings import Settings

T = TypeVar("T")

USUAL_LIFETIME = 1800.0
"""Seconds that a token lives, as 8x8 documents it, where a response does not say."""
RENEW_EARLY = 120.0
"""Seconds before a token's end from which it is not used anymore, or a tenth of its life if that is less."""
MAX_RENEWALS = 3
"""Sign-ins in a row whose token is rejected. A gateway may learn of a new token late."""
REJECTION_WAIT = 5.0
"""Seconds to wait before a new token that was rejected is tried again."""

TOKENS_REJECTED = (
    "8x8 rejects every token that it has just issued (HTTP 401): check that the API key's app and the user "
    "(api_key, username) belong to the same 8x8 account."
)


class TokenRejected(Exception):  # noqa: N818 - a signal, answered with a new token
    """8x8 did not accept the token of a request.

    Args:
        authorization: the request's `Authorization` header.
    """

    def __init__(self, authorization: str) -> None:
        super().__init__("token rejected")
        self.authorization = authorization


class CallWithRetries(Protocol):
    """`Service.call_with_retries`."""

    def __call__(self, reader: str, attempt: Callable[[], T], limited: bool = ...) -> T:
        """Try until there is a result."""


class Login:
    """One token for all threads and streams.

    A refused sign-in is kept and raised again without another request: repeating it could lock the account.
    Source: https://developer.8x8.com/analytics/docs/work-analytics-extension-summary
    """

    def __init__(self, settings: Settings, http: Http, call_with_retries: CallWithRetries) -> None:
        add_to_secrets(settings.username)  # masked in logs, as the CDK does with what the form marks secret
        self._settings = settings
        self._http = http
        self._call_with_retries = call_with_retries
        self._lock = threading.Lock()
        self._authorization = ""
        self._signed_in = 0.0
        self._expires = 0.0
        self._refusal: ServiceError | None = None
        self._renewals = 0
        self._try_again_at: float | None = None

    def headers(self) -> Mapping[str, str]:
        """Return the headers of a signed-in request, after a sign-in if one is due.

        Raises:
            AirbyteTracedException: a config error if 8x8 refuses key, user name or password; a transient
                error if it does not answer.
        """
        with self._lock:
            if clock.elapsed() >= self._expires:
                self._sign_in()
            return {"8x8-apikey": self._settings.api_key, "Authorization": self._authorization}

    def renew(self, rejection: TokenRejected, sent: float) -> float:
        """Get a new token in place of a rejected one.

        Of all threads whose token was rejected, the first one renews it. A token that is rejected although
        it is new is given some time before the next sign-in.

        Args:
            rejection: of which token.
            sent: when the rejected request was sent, by `clock.elapsed`.

        Returns:
            The seconds to wait before the request is sent again.

        Raises:
            AirbyteTracedException: a config error after `MAX_RENEWALS` new tokens in a row were rejected.
        """
        with self._lock:
            if rejection.authorization != self._authorization:
                return 0.0
            now = clock.elapsed()
            if self._renewals and self._try_again_at is None:
                self._try_again_at = now + REJECTION_WAIT
            if self._try_again_at is not None and sent < self._try_again_at:
                return max(0.0, self._try_again_at - now)
            if self._renewals >= MAX_RENEWALS:
                raise service_error(config_error(TOKENS_REJECTED))
            self._renewals += 1
            self._try_again_at = None
            self._sign_in()
            return 0.0

    def record_success(self, sent: float) -> None:
        """Note that 8x8 accepted a token.

        Args:
            sent: when the request was sent, by `clock.elapsed`. One that was sent before the last sign-in
                says nothing about the present token.
        """
        if self._renewals:
            with self._lock:
                if sent >= self._signed_in:
                    self._renewals = 0
                    self._try_again_at = None

    def _sign_in(self) -> None:
        if self._refusal:
            raise self._refusal
        try:
            token, lifetime = self._call_with_retries("sign-in", self._request_token, limited=False)
        except AirbyteTracedException as error:
            self._refusal = service_error(error)
            raise self._refusal from None
        add_to_secrets(token)
        self._authorization = f"Bearer {token}"
        self._signed_in = clock.elapsed()
        self._expires = self._signed_in + lifetime - min(RENEW_EARLY, lifetime / 10)

    def _request_token(self) -> tuple[str, float]:
        response = self._http.send(
            "POST",
            f"{self._settings.base_url}/v1/oauth/token",
            "the sign-in",
            data={"username": self._settings.username, "password": self._settings.password},
            headers={"8x8-apikey": self._settings.api_key},
        )
        raise_if_no_answer(response, "the sign-in")
        content = json_in(response)
        if response.status_code == 200:
            return _token_in(content)
        raise _refused(response.status_code, code_in(content))


def _token_in(content: Any) -> tuple[str, float]:
    token = content.get("access_token") if isinstance(content, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token.strip():
        raise RetryableError("8x8 answered the sign-in without a token")
    lifetime = content.get("expires_in")
    if not isinstance(lifetime, int | float) or isinstance(lifetime, bool) or not 0 < lifetime < 1e9:
        lifetime = USUAL_LIFETIME
    return token, float(lifetime)


def _refused(status: int, code: str) -> AirbyteTracedException:
    details = f"(HTTP {status}{', ' + code if code else ''})"
    if code == "SHA001":
        return config_error(API_KEY_REFUSED)
    if status in (400, 401, 403):
        return config_error(
            f"8x8 refused the user name or the password {details}: correct them (username, password), and "
            "make sure that this user has opened Analytics for Work in a browser at least once."
        )
    return transient_error(
        f"8x8 did not accept the sign-in {details}: check the base URL, or try again later."
    )
