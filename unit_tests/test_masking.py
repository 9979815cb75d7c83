"""Which words are masked, and where."""

import logging

import pytest
import requests_mock as rm

from source_8x8_work_analytics.masking import MASK, SECRETS, Secrets
from testing.builders import EXTSUM_URL, TOKEN_URL, row, token
from unit_tests.reading import Read


def mask(text: str, *words: str) -> str:
    secrets = Secrets()
    secrets.add(*words)
    return secrets.mask(text)


@pytest.mark.parametrize(
    "text", ["s3cr3tkey", "(s3cr3tkey)", "key=s3cr3tkey&x", '"s3cr3tkey"', "a-s3cr3tkey.b"]
)
def test_secret_is_masked_wherever_it_is_a_word(text: str) -> None:
    assert mask(text, "s3cr3tkey") == text.replace("s3cr3tkey", MASK)


@pytest.mark.parametrize(
    "text", ["xs3cr3tkey", "s3cr3tkeys", "s3cr3tkey_1", "ős3cr3tkey", "S3CR3TKEY", "s3cr3t"]
)
def test_part_of_another_word_is_not_masked(text: str) -> None:
    assert mask(text, "s3cr3tkey") == text


@pytest.mark.parametrize(
    ("word", "masked"), [("", False), ("k", False), ("seven77", False), ("eight888", True)]
)
def test_only_words_of_eight_characters_are_masked(word: str, masked: bool) -> None:
    assert (mask(f"a {word} k", word) == f"a {MASK} k") is masked


def test_characters_of_a_pattern_are_nothing_special() -> None:
    assert mask("a+b(c)[d].* aab(c)[d].*", "a+b(c)[d].*") == f"{MASK} aab(c)[d].*"


def test_secret_that_begins_another_one_is_masked_as_well() -> None:
    words = ("password", "password-2")
    for order in (words, words[::-1]):
        assert mask("password-2, password, password-3", *order) == f"{MASK}, {MASK}, {MASK}-3"


def test_secrets_add_up() -> None:
    secrets = Secrets()
    assert secrets.mask("first-secret") == "first-secret"
    secrets.add("first-secret")
    secrets.add("second-secret")
    assert secrets.mask("first-secret second-secret") == f"{MASK} {MASK}"


def line(text: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("airbyte", logging.INFO, __file__, 1, text, args, None)


def test_line_of_the_log_is_kept_and_masked_with_its_values() -> None:
    secrets = Secrets()
    record = line("%s of %d %%", "s3cr3tkey", 7)
    assert secrets.mask_line(record)
    assert record.args, "without secrets, nothing is done"
    secrets.add("s3cr3tkey")
    assert secrets.mask_line(record)
    assert record.getMessage() == f"{MASK} of 7 %"


def test_key_password_and_tokens_of_a_sync_are_masked_and_the_user_name_is_not(api: rm.Mocker) -> None:
    api.post(TOKEN_URL, json=token("token-of-the-masking-test"))
    api.get(EXTSUM_URL, json=[row()])
    key, password = "key-of-the-masking-test", "pass-of-the-masking-test"
    read = Read(username="user-of-the-masking-test", api_key=key, password=password)
    assert read.error is None
    for word in (key, password, "token-of-the-masking-test"):
        assert SECRETS.mask(word) == MASK
    assert SECRETS.mask("user-of-the-masking-test") == "user-of-the-masking-test"


def test_pbx_named_like_the_user_stays_readable(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    api.post(TOKEN_URL, json=token())
    api.get(EXTSUM_URL, status_code=403)
    read = Read(username="acmecorp", pbx_ids=["acmecorp"], api_key="k", password="p")
    (error,) = read.errors
    assert "PBX acmecorp" in error.message
    assert MASK not in error.message + caplog.text
