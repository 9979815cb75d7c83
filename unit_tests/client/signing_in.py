"""The authenticator of a client, one step at a time."""

from dataclasses import replace
from typing import Any

import requests

from source_8x8_work_analytics.client.authenticator import Target, WorkAnalyticsAuthenticator
from source_8x8_work_analytics.client.http import Http
from source_8x8_work_analytics.client.retries import Reader, Retrier, Retries
from testing.builders import response, settings

RETRIES = Retries()
SUMMARY = Target(Reader("extension_summary", "acmecorp"), "v2/extsum")


def authenticator(**changes: Any) -> WorkAnalyticsAuthenticator:
    return WorkAnalyticsAuthenticator(settings(**changes), Http(2), Retrier(RETRIES, 2))


def headers(auth: WorkAnalyticsAuthenticator) -> dict[str, str]:
    """The headers of a request that is signed in."""
    request = auth(requests.Request("GET", "https://api.8x8.com/analytics/work/v2/extsum").prepare())
    return dict(request.headers)


def token_of(auth: WorkAnalyticsAuthenticator) -> str:
    return headers(auth)["Authorization"].removeprefix("Bearer ")


def reject(
    auth: WorkAnalyticsAuthenticator,
    sent_at: float,
    target: Target = SUMMARY,
    rejected: int = 1,
    token: str | None = None,
) -> float:
    """Reject a token, usually the present one, for a request that was sent at a moment."""
    found = replace(response("", 401), sent_at=sent_at, authorization=f"Bearer {token or token_of(auth)}")
    return auth.renew(found, target, rejected)


def accept(auth: WorkAnalyticsAuthenticator, sent_at: float, target: Target = SUMMARY) -> None:
    """Accept the token of a request that was sent at a moment."""
    auth.record_success(replace(response(), sent_at=sent_at), target)
