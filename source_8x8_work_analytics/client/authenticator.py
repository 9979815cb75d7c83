"""Sign in with API key, user name and password, and keep the token fresh."""

import threading
from typing import Any, NamedTuple

import requests

from source_8x8_work_analytics import clock, messages
from source_8x8_work_analytics.client.http import Http, Response
from source_8x8_work_analytics.client.responses import (
    API_KEY_REJECTED,
    code_in,
    json_in,
    raise_if_no_answer,
    status_with_code,
)
from source_8x8_work_analytics.client.retries import SIGN_IN, Reader, Retrier
from source_8x8_work_analytics.errors import ConnectorError, RetryableError
from source_8x8_work_analytics.masking import SECRETS
from source_8x8_work_analytics.settings import Settings

USUAL_LIFETIME = 1800.0
"""Token lifetime in seconds according to 8x8's documentation, used if a response does not include one."""
RENEW_EARLY = 120.0
"""Seconds before a token expires at which it is replaced, or a tenth of its lifetime if that is less."""
MAX_RENEWALS = 3
"""Maximum number of new tokens in a row that are rejected: a gateway may learn of a new token late."""
DENIED_TOKENS = 3
"""How many tokens that others accept one endpoint may reject before the user counts as lacking access."""
MAX_REJECTIONS = 60
"""Maximum rejections of one request (about five minutes) while no other target has accepted the token."""
REJECTION_WAIT = 5.0
"""Seconds to wait before a rejected new token is tried again."""


class Target(NamedTuple):
    """Something that a user may or may not have access to."""

    reader: Reader
    path: str


class WorkAnalyticsAuthenticator(requests.auth.AuthBase):
    """Adds the API key and a token to each request: one token for all threads and streams.

    A rejected sign-in is kept and raised again without a new request: repeating it could lock the account.
    Source: https://developer.8x8.com/analytics/docs/work-analytics-extension-summary
    """

    def __init__(self, settings: Settings, http: Http, retrier: Retrier) -> None:
        SECRETS.add(settings.api_key, settings.password)
        self._settings = settings
        self._http = http
        self._retrier = retrier
        self._lock = threading.Lock()
        self._authorization = ""
        self._sign_ins = 0
        self._signed_in = 0.0
        self._expires = 0.0
        self._rejection: ConnectorError | None = None
        self._renewals = 0
        self._try_again_at: float | None = None
        self._accepted_at: float | None = None
        self._accepted_by: set[Target] = set()
        self._rejected: set[Target] = set()
        self._denied: set[int] = set()
        """Sign-ins whose tokens were rejected by targets that never accepted one."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the sign-in headers to a request, signing in first if necessary.

        Raises:
            ConnectorError: a config error if 8x8 rejects the key, user name or password; a transient error if
                it does not respond.
        """
        with self._lock:
            if clock.elapsed() >= self._expires:
                self._sign_in()
            request.headers["Authorization"] = self._authorization
        return self._add_key(request)

    def renew(self, response: Response, target: Target, rejected: int) -> float:
        """Get a new token after status 401.

        The first thread whose token was rejected renews it for all threads. If a new token is rejected, it
        gets some time before the next sign-in.

        Args:
            response: the response with status 401.
            target: what was requested.
            rejected: how many times this request has been rejected so far.

        Returns:
            The seconds to wait before the request is sent again.

        Raises:
            ConnectorError: a config error after `MAX_RENEWALS` new tokens in a row were rejected, or where
                this target rejects tokens that others accept.
        """
        with self._lock:
            if self._rejection:
                raise self._rejection
            if response.authorization != self._authorization:
                return 0.0
            if self._accepted_at is not None and rejected >= DENIED_TOKENS:
                if response.sent_at < self._accepted_at:
                    return 0.0  # it was sent before the token was accepted, so it says nothing
                self._rejected.discard(target)
                raise ConnectorError(messages.TOKEN_DENIED)
            now = clock.elapsed()
            is_new = self._accepted_at is None and (self._renewals or self._denied)
            if is_new and self._try_again_at is None:
                self._try_again_at = now + REJECTION_WAIT
            self._rejected.add(target)
            if target not in self._accepted_by:
                self._denied.add(self._sign_ins)
            if self._try_again_at is not None and response.sent_at < self._try_again_at:
                return max(0.0, self._try_again_at - now)
            if self._is_denied():
                raise ConnectorError(messages.TOKEN_DENIED)
            if (
                self._renewals >= DENIED_TOKENS - 1
                and self._others_are_pending()
                and rejected < MAX_REJECTIONS
            ):
                return REJECTION_WAIT
            if self._renewals >= MAX_RENEWALS:
                raise ConnectorError(messages.TOKENS_REJECTED, service_wide=True)
            self._renewals += 1
            self._sign_in()
            return 0.0

    def record_success(self, response: Response, target: Target) -> None:
        """Record that 8x8 accepted a token.

        Args:
            response: a successful response. If its request was sent before the last sign-in, it says nothing
                about the current token.
            target: what was requested.
        """
        if self._accepted_at is not None and not self._renewals and target in self._accepted_by:
            return
        with self._lock:
            self._accepted_by.add(target)
            self._rejected.discard(target)
            if response.sent_at >= self._signed_in:
                if self._accepted_at is None:
                    self._accepted_at = clock.elapsed()
                self._renewals = 0
                self._try_again_at = None

    def _is_denied(self) -> bool:
        """Return whether no target that rejects tokens has ever accepted one, but others have."""
        if not self._accepted_by or len(self._denied) < DENIED_TOKENS:
            return False
        return self._accepted_by.isdisjoint(self._rejected)

    def _others_are_pending(self) -> bool:
        """Return whether it is still unknown if other targets accept this user's tokens."""
        return not self._accepted_by and not self._retrier.affect_all(
            {each.reader for each in self._rejected}
        )

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
        self._accepted_at = None
        self._try_again_at = None
        self._sign_ins += 1
        self._signed_in = clock.elapsed()
        self._expires = self._signed_in + lifetime - min(RENEW_EARLY, lifetime / 10)

    def _add_key(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["8x8-apikey"] = self._settings.api_key
        return request

    def _request_token(self) -> tuple[str, float]:
        response = self._http.send(
            "POST",
            f"{self._settings.base_url}/v1/oauth/token",
            self._add_key,
            "the sign-in",
            data={"username": self._settings.username, "password": self._settings.password},
        )
        raise_if_no_answer(response, "the sign-in")
        content = json_in(response)
        if response.status == 200:
            return _token_in(content)
        raise _rejected(response, content)


def _token_in(content: Any) -> tuple[str, float]:
    token = content.get("access_token") if isinstance(content, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token.strip():
        raise RetryableError(messages.LOGIN_WITHOUT_TOKEN)
    lifetime = content.get("expires_in")
    if not isinstance(lifetime, int | float) or isinstance(lifetime, bool) or not 0 < lifetime < 1e9:
        lifetime = USUAL_LIFETIME
    return token, float(lifetime)


def _rejected(response: Response, content: Any) -> ConnectorError:
    if code_in(content) == API_KEY_REJECTED:
        return ConnectorError(messages.API_KEY_REJECTED)
    if response.status == 404:
        return ConnectorError(messages.BASE_URL_NOT_FOUND)
    rejected = response.status in (400, 401, 403)
    problem = messages.LOGIN_REJECTED if rejected else messages.LOGIN_NOT_ACCEPTED
    return ConnectorError(problem, details=status_with_code(response))
