"""Items 16 and 26 of the strangers' list: one endpoint that rejects every token, and what logs mask."""

from collections.abc import Callable
from typing import Any

import pytest

from integration_tests.harness import Run, marks, within
from integration_tests.strangers.account import Account
from integration_tests.strangers.exchange import Reply, Request
from integration_tests.strangers.reading import completed, contains, messages, read, rows_of
from testing.builders import catalog_file

REJECTED = Reply({"error": "invalid_token", "error_description": "Cannot convert access token to JSON"}, 401)
MOST_SIGN_INS = 4
"""The first one, and three more."""


def rejecting(path: str, pbx: str = "") -> Callable[[Request], Reply | None]:
    """Return a handler that rejects the tokens of one PBX, or of all."""
    return lambda request: REJECTED if pbx in ("", request.query.get("pbxId"), request.pbx_id) else None


def says_who(run: Run, stream: str, pbx: str) -> None:
    """One error names the stream and the PBX, and does not say what is untrue."""
    (error,) = run.errors
    assert error["failure_type"] == "config_error", error["message"]
    assert contains(error["message"], stream, pbx, "401"), error["message"]
    assert not contains(error["message"], "every token"), error["message"]
    assert not contains(error["message"], "same 8x8 account"), error["message"]


@pytest.mark.parametrize("workers", [2, 8])
def test_one_endpoint_that_rejects_every_token_fails_its_stream_only(account_of: Any, workers: int) -> None:
    account = account_of("alpha")
    account.on("/compsum", rejecting("/compsum"))
    streams = ("company_summary", "extension_summary", "call_records")
    run = read(account, *streams, start_date="2026-10-24", num_workers=workers)
    assert run.code == 1
    says_who(run, "company_summary", "alpha")
    assert completed(run) == {"extension_summary", "call_records"}
    assert len(rows_of(run, "extension_summary")) == 32
    assert marks(run.state, "company_summary") == {}
    assert len(account.received("/token")) <= MOST_SIGN_INS


def test_two_endpoints_that_reject_every_token_are_named_both(account_of: Any) -> None:
    """Where a list accepts the same token, it is not the token that is wrong."""
    account = account_of("alpha")
    for path in ("/compsum", "/rgsum-groups"):
        account.on(path, rejecting(path))
    run = read(account, "company_summary", "ring_group_summary", "pbxes", "call_records", num_workers=4)
    assert run.code == 1
    assert completed(run) == {"pbxes", "call_records"}
    for stream in ("company_summary", "ring_group_summary"):
        assert contains(messages(run), f"{stream}, PBX alpha"), messages(run)
    assert not contains(messages(run), "same 8x8 account")
    assert len(account.received("/token")) <= MOST_SIGN_INS + 1


def test_one_pbx_that_rejects_every_token_fails_alone(account: Account) -> None:
    account.on("/extsum", rejecting("/extsum", "beta"))
    run = read(account, "extension_summary", start_date="2026-10-24")
    assert run.code == 1
    says_who(run, "extension_summary", "beta")
    assert marks(run.state) == {"alpha": "2026-11-23"}
    assert len(account.received("/token")) <= MOST_SIGN_INS


def test_one_list_that_rejects_every_token_fails_alone(account_of: Any) -> None:
    account = account_of("alpha")
    account.on("/sites", rejecting("/sites"))
    run = read(account, "extension_summary", "sites", "pbxes", start_date="2026-10-24")
    assert run.code == 1
    assert completed(run) == {"extension_summary", "pbxes"}
    (error,) = run.errors
    assert contains(error["message"], "sites", "401")
    assert not contains(error["message"], "every token")
    assert len(account.received("/token")) <= MOST_SIGN_INS


def test_a_check_of_an_endpoint_that_rejects_every_token_is_no_sign_in_problem(account: Account) -> None:
    """The reports of beta are rejected; those of alpha prove that the token is good."""
    account.on("/extsum", rejecting("/extsum", "beta"))
    run = within("check", account.config())
    message = str(run.status.get("message", ""))
    assert contains(message, "beta")
    assert not contains(message, "every token")
    assert len(account.received("/token")) <= MOST_SIGN_INS


def refused(account: Account, **config: Any) -> Run:
    """Read a stream of a PBX that refuses this user, with debug logs."""
    account.on("/extsum", lambda _: Reply({"message": "no access"}, 403))
    return within("read", account.config(**config), streams=catalog_file("extension_summary"), debug=True)


@pytest.mark.parametrize(
    "secret",
    [
        {"username": "alpha"},
        {"username": "reports-alpha-west", "pbx_ids": ["reports-alpha-west"]},
        {"api_key": "k"},
        {"password": "a"},
        {"password": "PBX"},
        {"api_key": "summary"},
    ],
    ids=["user like PBX", "long user like PBX", "key k", "password a", "password PBX", "key summary"],
)
def test_short_secrets_and_names_mask_nothing(account: Account, secret: dict[str, Any]) -> None:
    names = secret.get("pbx_ids", ["alpha"])
    account.pbxes = [{"id": "id-alpha", "name": name, "deleted": False} for name in names]
    run = refused(account, **{"pbx_ids": names, **secret})
    assert run.code == 1
    assert "****" not in run.text
    assert contains(messages(run), f"extension_summary, PBX {names[0]}")


def test_a_secret_within_a_longer_word_masks_nothing(account_of: Any) -> None:
    account = account_of("headquarters2")
    run = refused(account, password="headquarters")
    assert "headquarters2" in messages(run)
    assert "****" not in run.text


def test_long_secrets_are_masked_as_whole_words(account: Account) -> None:
    """A guard, which held before: what 8x8 sends back of a secret reaches no log."""
    config = account.config()
    account.on("/extsum", lambda _: Reply({"message": f"bad key {config['api_key']}"}, 418))
    run = read(account, "extension_summary")
    for secret in (config["api_key"], config["password"], "token-0000"):
        assert secret not in run.text
