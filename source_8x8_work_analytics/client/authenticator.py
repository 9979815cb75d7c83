"""Sign in with API key, user name and password, and keep the token fresh."""

import threading
from typing import Any

import requests

from source_8x8_work_analytics import clock, messages
from source_8x8_work_analytics.client.http import Http, Response
from source_8x8_work_analytics.client.responses import code_in, json_in, raise_if_no_answer
from source_8x8_work_analytics.client.retries import SIGN_IN, Reader, Retrier
from source_8x8_work_analytics.errors import ConnectorError, RetryableError
from source_8x8_work_analytics.masking import SECRETS
from source_8x8_work_analytics.settings import Settings

USUAL_LIFETIME = 1800.0
"""Seconds that a token lives, as 8x8 documents it, where a response does not say."""
RENEW_EARLY = 120.0
"""Seconds before a token's end from which it is not used anymore, or a tenth of its life if that is less."""
MAX_RENEWALS = 3
"""Sign-ins in a row whose token is rejected. A gateway may learn of a new token late."""
REJECTION_WAIT = 5.0
"""Seconds to wait before a new token that was rejected is tried again."""


class TokenRejected(Exception):  # noqa: N818 - a signal, answered with a new token
    """8x8 did not accept the token of a request.

    Args:
        authorization: the request's `Authorization` header.
    """

    def __init__(self, authorization: str) -> None:
        super().__init__("token rejected")
        self.authorization = authorization


class WorkAnalyticsAuthenticator(requests.auth.AuthBase):
    """Puts API key and token on a request: one token for all threads and streams.

    A rejected sign-in is kept and raised again without another request: repeating it could lock the account.
    Source: https://developer.8x8.com/analytics/docs/work-analytics-extension-summary
    """

    def __init__(self, settings: Settings, http: Http, retrier: Retrier) -> None:
        SECRETS.add(settings.api_key, settings.password)
        self._settings = settings
        self._http = http
        self._retrier = retrier
        self._lock = threading.Lock()
        self._authorization = ""
        self._signed_in = 0.0
        self._expires = 0.0
        self._rejection: ConnectorError | None = None
        self._renewals = 0
        self._try_again_at: float | None = None
        self._accepted = False
        self._accepted_by: set[Reader] = set()
        self._rejected_by: set[Reader] = set()
        self._denied: set[str] = set()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the headers of a signed-in request, after a sign-in if one is due.

        Raises:
            ConnectorError: a config error if 8x8 rejects key, user name or password; a transient error if it
                does not respond.
        """
        with self._lock:
            if clock.elapsed() >= self._expires:
                self._sign_in()
            request.headers["8x8-apikey"] = self._settings.api_key
            request.headers["Authorization"] = self._authorization
        return request

    def renew(self, rejection: TokenRejected, sent: float, reader: Reader, rejections: int) -> float:
        """Get a new token in place of a rejected one.

        Of all threads whose token was rejected, the first one renews it. A token that is rejected although
        it is new is given some time before the next sign-in. Where other requests accept the token, the
        reason is the user's access, not the token.

        Args:
            rejection: of which token.
            sent: when the rejected request was sent, by `clock.elapsed`.
            reader: whose request it was.
            rejections: how many tokens of this request were rejected so far.

        Returns:
            The seconds to wait before the request is sent again.

        Raises:
            ConnectorError: a config error after `MAX_RENEWALS` new tokens in a row were rejected, or where
                this stream rejects tokens that others accept.
        """
        with self._lock:
            if rejection.authorization != self._authorization:
                return 0.0
            self._rejected_by.add(reader)
            if self._accepted and (reader.stream in self._denied or rejections >= MAX_RENEWALS):
                raise self._access_denied(reader)
            now = clock.elapsed()
            if self._renewals and self._try_again_at is None:
                self._try_again_at = now + REJECTION_WAIT
            if self._try_again_at is not None and sent < self._try_again_at:
                return max(0.0, self._try_again_at - now)
            if self._renewals >= MAX_RENEWALS - 1 and self._only_rejected_by(reader.stream):
                raise self._access_denied(reader)
            if self._renewals >= MAX_RENEWALS:
                raise ConnectorError(messages.TOKENS_REJECTED, service_wide=True)
            self._renewals += 1
            self._try_again_at = None
            self._sign_in()
            return 0.0

    def record_success(self, sent: float, reader: Reader) -> None:
        """Note that 8x8 accepted a token.

        Args:
            sent: when the request was sent, by `clock.elapsed`. One that was sent before the last sign-in
                says nothing about the present token.
            reader: whose request it was.
        """
        if self._accepted and not self._renewals and reader in self._accepted_by:
            return
        with self._lock:
            if sent >= self._signed_in:
                self._accepted = True
                self._renewals = 0
                self._try_again_at = None
                self._accepted_by.add(reader)
                self._rejected_by.discard(reader)

    def _only_rejected_by(self, stream: str) -> bool:
        """Return whether tokens are rejected for one stream alone, and accepted for somebody else."""
        others = self._accepted_by - self._rejected_by
        return bool(others) and all(reader.stream == stream for reader in self._rejected_by)

    def _access_denied(self, reader: Reader) -> ConnectorError:
        self._denied.add(reader.stream)
        return ConnectorError(messages.TOKEN_DENIED)

    def _sign_in(self) -> None:
        if self._rejection:
            raise self._rejection
        try:
            token, lifetime = self._retrier.call(SIGN_IN, self._request_token)
        except ConnectorError as error:
            self._rejection = error.of_service()
            raise self._rejection from None
        SECRETS.add(token)
        self._authorization = f"Bearer {token}"
        self._accepted = False
        self._signed_in = clock.elapsed()
        self._expires = self._signed_in + lifetime - min(RENEW_EARLY, lifetime / 10)

    def _request_token(self) -> tuple[str, float]:
        response = self._http.send(
            "POST",
            f"{self._settings.base_url}/v1/oauth/token",
            _KeyOnly(self._settings.api_key),
            "the sign-in",
            data={"username": self._settings.username, "password": self._settings.password},
        )
        raise_if_no_answer(response, "the sign-in")
        content = json_in(response)
        if response.status == 200:
            return _token_in(content)
        raise _rejected(response, content)


class _KeyOnly(requests.auth.AuthBase):
    """Puts the API key on the sign-in."""

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["8x8-apikey"] = self._api_key
        return request


def _token_in(content: Any) -> tuple[str, float]:
    token = content.get("access_token") if isinstance(content, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token.strip():
        raise RetryableError(messages.LOGIN_WITHOUT_TOKEN)
    lifetime = content.get("expires_in")
    if not isinstance(lifetime, int | float) or isinstance(lifetime, bool) or not 0 < lifetime < 1e9:
        lifetime = USUAL_LIFETIME
    return token, float(lifetime)


def _rejected(response: Response, content: Any) -> ConnectorError:
    code = code_in(content)
    if code == "SHA001":
        return ConnectorError(messages.API_KEY_REJECTED)
    if response.status == 404:
        return ConnectorError(messages.BASE_URL_NOT_FOUND)
    details = f"HTTP {response.status}{', ' + code if code else ''}"
    rejected = response.status in (400, 401, 403)
    return ConnectorError(
        messages.LOGIN_REJECTED if rejected else messages.LOGIN_NOT_ACCEPTED, details=details
    )
