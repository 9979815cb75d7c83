"""How long a token is used, and what happens when 8x8 rejects it."""

from typing import Any

import pytest
import requests_mock as rm
from airbyte_cdk.models import FailureType

from source_8x8_work_analytics import clock, messages
from source_8x8_work_analytics.client.authenticator import (
    DENIED_TOKENS,
    MAX_REJECTIONS,
    MAX_RENEWALS,
    REJECTION_WAIT,
    Target,
    WorkAnalyticsAuthenticator,
)
from source_8x8_work_analytics.client.http import Http
from source_8x8_work_analytics.client.retries import Reader, Retrier, Retries
from source_8x8_work_analytics.errors import ConnectorError
from testing.builders import TOKEN_URL, settings, token
from unit_tests.client.signing_in import SUMMARY, accept, authenticator, headers, reject, token_of

OTHER = Target(Reader("company_summary", "acmecorp"), "v1/compsum")
THIRD = Target(Reader("call_records", "acmecorp"), "v2/call-records")


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The elapsed time, as the last element."""
    moments = [1000.0]
    monkeypatch.setattr(clock, "elapsed", lambda: moments[-1])
    return moments


@pytest.fixture
def tokens(api: rm.Mocker) -> Any:
    """The sign-in, which issues another token each time."""
    return api.post(TOKEN_URL, [{"json": token(f"token-number-{n}")} for n in range(20)])


def accepted_by(*targets: Target) -> WorkAnalyticsAuthenticator:
    """Return an authenticator whose token these targets have accepted."""
    auth = authenticator()
    headers(auth)
    for target in targets:
        accept(auth, 1000.0, target)
    return auth


@pytest.mark.parametrize(
    ("expires_in", "used_for"),
    [
        (1800, 1680),
        (1200, 1080),
        (60, 54),
        (1, 0.9),
        (0.5, 0.45),
        ("1800", 1680),
        (None, 1680),
        (0, 1680),
        (-5, 1680),
        (True, 1680),
        (1e9, 1680),
        (1e10, 1680),
    ],
)
def test_token_is_renewed_before_it_expires(
    api: rm.Mocker, ticks: list[float], expires_in: Any, used_for: float
) -> None:
    endpoint = api.post(TOKEN_URL, json=token(expires_in=expires_in))
    auth = authenticator()
    headers(auth)
    ticks.append(1000.0 + used_for - 1)
    headers(auth)
    assert endpoint.call_count == 1
    ticks.append(1000.0 + used_for)
    headers(auth)
    assert endpoint.call_count == 2


def test_first_of_many_rejections_of_one_token_renews_it(tokens: Any) -> None:
    auth = authenticator()
    first = token_of(auth)
    assert [reject(auth, 1000.0, token=first) for _ in range(4)] == [0.0] * 4
    assert tokens.call_count == 2
    assert token_of(auth) == "token-number-1"


def test_new_token_is_given_time_before_the_next_sign_in(tokens: Any, ticks: list[float]) -> None:
    auth = authenticator()
    assert reject(auth, 1000.0) == 0.0
    assert reject(auth, 1000.0) == REJECTION_WAIT
    ticks.append(1002.0)
    assert reject(auth, 1000.0) == REJECTION_WAIT - 2
    ticks.append(1000.0 + REJECTION_WAIT + 1)
    assert reject(auth, 1001.0) == 0.0, "a request that was sent early says nothing new"
    assert tokens.call_count == 2
    assert reject(auth, 1000.0 + REJECTION_WAIT) == 0.0
    assert tokens.call_count == 3


def reject_until_it_fails(
    auth: WorkAnalyticsAuthenticator, ticks: list[float], target: Target = SUMMARY
) -> ConnectorError:
    """Send one request again and again, rejected each time, as a client would."""

    def send() -> None:
        for times in range(1, 1000):
            ticks.append(ticks[-1] + reject(auth, ticks[-1], target, times))

    with pytest.raises(ConnectorError) as failed:
        send()
    return failed.value


def test_several_rejected_tokens_in_a_row_are_a_config_error(tokens: Any, ticks: list[float]) -> None:
    error = reject_until_it_fails(authenticator(), ticks)
    assert error.problem is messages.TOKENS_REJECTED
    assert error.failure_type is FailureType.config_error
    assert error.service_wide
    assert tokens.call_count == 1 + MAX_RENEWALS
    assert ticks[-1] == 1000.0 + MAX_RENEWALS * REJECTION_WAIT


def test_accepted_token_starts_the_count_anew(tokens: Any, ticks: list[float]) -> None:
    auth = authenticator()
    for _ in range(3):
        assert reject(auth, ticks[-1]) == 0.0
        accept(auth, ticks[-1])
    assert tokens.call_count == 4
    reject_until_it_fails(auth, ticks)
    assert tokens.call_count == 4 + MAX_RENEWALS


def test_response_to_an_earlier_token_says_nothing_about_a_new_one(tokens: Any, ticks: list[float]) -> None:
    auth = authenticator()
    headers(auth)
    ticks.append(1001.0)
    reject(auth, 1001.0)
    accept(auth, 1000.0)
    assert reject(auth, 1001.0) == REJECTION_WAIT, "the new token is not taken for an accepted one"
    assert reject_until_it_fails(auth, ticks).problem is messages.TOKENS_REJECTED
    assert tokens.call_count == 1 + MAX_RENEWALS


def test_endpoint_that_rejects_accepted_tokens_is_denied_after_three_sign_ins(
    tokens: Any, ticks: list[float]
) -> None:
    """The others have finished."""
    auth = accepted_by(OTHER)
    error = reject_until_it_fails(auth, ticks)
    assert error.problem is messages.TOKEN_DENIED
    assert error.failure_type is FailureType.config_error
    assert not error.service_wide, "the others go on"
    assert tokens.call_count == DENIED_TOKENS


def test_endpoint_is_denied_as_soon_while_others_go_on(tokens: Any, ticks: list[float]) -> None:
    auth = authenticator()
    headers(auth)
    for times in (1, 2):
        accept(auth, ticks[-1], OTHER)
        assert reject(auth, ticks[-1], rejected=times) == 0.0
    accept(auth, ticks[-1], OTHER)
    with pytest.raises(ConnectorError) as failed:
        reject(auth, ticks[-1], rejected=3)
    assert failed.value.problem is messages.TOKEN_DENIED
    assert tokens.call_count == DENIED_TOKENS


@pytest.mark.parametrize(
    "second",
    [
        Target(Reader("extension_summary", "acme-europe"), "v2/extsum"),
        Target(Reader("ring_group_summary", "acmecorp"), "v2/rgsum-groups"),
    ],
)
def test_second_endpoint_that_is_denied_costs_no_further_sign_in(
    tokens: Any, ticks: list[float], second: Target
) -> None:
    auth = accepted_by(OTHER)
    reject_until_it_fails(auth, ticks)
    with pytest.raises(ConnectorError) as failed:
        reject(auth, ticks[-1], second)
    assert failed.value.problem is messages.TOKEN_DENIED
    assert tokens.call_count == DENIED_TOKENS


def test_tokens_that_an_endpoint_once_accepted_are_rejected_for_another_reason(
    tokens: Any, ticks: list[float]
) -> None:
    auth = accepted_by(OTHER, SUMMARY)
    assert reject_until_it_fails(auth, ticks).problem is messages.TOKENS_REJECTED
    assert tokens.call_count == 1 + MAX_RENEWALS


def test_new_endpoint_is_not_blamed_while_others_reject_tokens_as_well(
    tokens: Any, ticks: list[float]
) -> None:
    auth = accepted_by(OTHER)
    reject(auth, 1000.0, OTHER)
    assert reject_until_it_fails(auth, ticks).problem is messages.TOKENS_REJECTED


def test_token_that_expired_is_given_time_after_an_endpoint_was_denied(
    tokens: Any, ticks: list[float]
) -> None:
    """A gateway that learns of the new token late denies nothing for good."""
    auth = accepted_by(OTHER)
    reject_until_it_fails(auth, ticks)
    ticks.append(5000.0)
    assert reject(auth, 5000.0, THIRD) == REJECTION_WAIT
    assert tokens.call_count == DENIED_TOKENS + 1


def test_denied_endpoint_is_found_where_every_sign_in_returns_the_same_token(
    api: rm.Mocker, ticks: list[float]
) -> None:
    endpoint = api.post(TOKEN_URL, json=token())
    auth = accepted_by(OTHER)
    assert reject_until_it_fails(auth, ticks).problem is messages.TOKEN_DENIED
    assert endpoint.call_count == DENIED_TOKENS


def authenticator_of(*readers: Reader) -> WorkAnalyticsAuthenticator:
    retrier = Retrier(Retries(), 2)
    for reader in readers:
        retrier.register(reader)
    return WorkAnalyticsAuthenticator(settings(), Http(2), retrier)


def test_endpoint_that_is_requested_first_waits_until_others_are_heard(
    tokens: Any, ticks: list[float]
) -> None:
    auth = authenticator_of(SUMMARY.reader, OTHER.reader)
    for times in range(1, 20):
        ticks.append(ticks[-1] + reject(auth, ticks[-1], rejected=times))
    assert tokens.call_count == DENIED_TOKENS
    accept(auth, 1000.0, OTHER)
    with pytest.raises(ConnectorError) as failed:
        reject(auth, ticks[-1], rejected=20)
    assert failed.value.problem is messages.TOKEN_DENIED
    assert tokens.call_count == DENIED_TOKENS


def test_waiting_for_others_ends(tokens: Any, ticks: list[float]) -> None:
    auth = authenticator_of(SUMMARY.reader, OTHER.reader)
    assert reject_until_it_fails(auth, ticks).problem is messages.TOKENS_REJECTED
    waits = MAX_REJECTIONS - DENIED_TOKENS + 1  # the first rejections renew the token at once
    assert ticks[-1] - 1000.0 == waits * REJECTION_WAIT == 290


def test_tokens_that_two_streams_reject_are_rejected_for_all(tokens: Any, ticks: list[float]) -> None:
    auth = authenticator_of(SUMMARY.reader, OTHER.reader, Reader("call_records", "acmecorp"))
    reject(auth, 1000.0, OTHER)
    error = reject_until_it_fails(auth, ticks)
    assert error.problem is messages.TOKENS_REJECTED
    assert tokens.call_count == 1 + MAX_RENEWALS


def test_sign_in_that_is_rejected_meanwhile_is_what_every_request_hears(
    api: rm.Mocker, ticks: list[float]
) -> None:
    """Many requests are in flight when a token is revoked: they fail in one sentence, after one sign-in."""
    endpoint = api.post(TOKEN_URL, [{"json": token("token-number-0")}, {"status_code": 400}])
    auth = authenticator()
    first = token_of(auth)
    found = []
    for n in range(MAX_RENEWALS + 3):
        with pytest.raises(ConnectorError) as failed:
            reject(auth, 1000.0, Target(Reader("extension_summary", f"pbx-{n}"), "v2/extsum"), token=first)
        found.append(failed.value.problem)
    assert set(found) == {messages.LOGIN_REJECTED}
    assert endpoint.call_count == 2


def test_token_that_is_rejected_after_an_accepted_one_is_given_time(tokens: Any, ticks: list[float]) -> None:
    auth = accepted_by(SUMMARY)
    assert reject(auth, 1000.0) == 0.0
    assert reject(auth, 1000.0) == REJECTION_WAIT
    assert tokens.call_count == 2


def test_endpoint_that_once_accepted_a_token_is_denied_while_others_go_on(
    tokens: Any, ticks: list[float]
) -> None:
    auth = accepted_by(SUMMARY)
    assert reject(auth, 1000.0, rejected=DENIED_TOKENS - 1) == 0.0
    accept(auth, ticks[-1], OTHER)
    with pytest.raises(ConnectorError) as failed:
        reject(auth, 1000.0, rejected=DENIED_TOKENS)
    assert failed.value.problem is messages.TOKEN_DENIED
    assert tokens.call_count == 2


def test_endpoint_that_accepts_again_takes_no_blame(tokens: Any, ticks: list[float]) -> None:
    auth = accepted_by(OTHER)
    reject(auth, 1000.0, OTHER)
    accept(auth, 1000.0, OTHER)
    assert reject_until_it_fails(auth, ticks).problem is messages.TOKEN_DENIED


def test_endpoint_that_was_denied_takes_no_blame(tokens: Any, ticks: list[float]) -> None:
    auth = accepted_by(OTHER, THIRD)
    assert reject(auth, 1000.0, OTHER) == 0.0
    accept(auth, 1000.0, THIRD)
    with pytest.raises(ConnectorError) as failed:
        reject(auth, 1000.0, OTHER, rejected=DENIED_TOKENS)
    assert failed.value.problem is messages.TOKEN_DENIED
    assert reject_until_it_fails(auth, ticks).problem is messages.TOKEN_DENIED


def test_rejection_of_a_request_that_was_sent_before_others_were_accepted_denies_nothing(
    tokens: Any, ticks: list[float]
) -> None:
    """A gateway that learns of a new token late rejects one request and accepts the next one."""
    auth = authenticator()
    headers(auth)
    ticks.append(1002.0)
    accept(auth, 1002.0, OTHER)
    ticks.append(1003.0)
    accept(auth, 1003.0, SUMMARY)
    assert reject(auth, 1001.0, rejected=DENIED_TOKENS) == 0.0
    assert tokens.call_count == 1
    with pytest.raises(ConnectorError) as failed:
        reject(auth, 1002.0, rejected=DENIED_TOKENS + 1)
    assert failed.value.problem is messages.TOKEN_DENIED
