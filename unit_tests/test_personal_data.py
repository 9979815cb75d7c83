"""Names, phone numbers and addresses of people are kept, hashed or removed."""

import hmac
import re
from typing import Any

import pytest
import requests_mock as rm
from hypothesis import given
from hypothesis import strategies as st

from source_8x8_work_analytics import messages, personal_data
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.personal_data import PersonalDataRule, hashed_text, rule_for
from source_8x8_work_analytics.settings import PersonalData
from testing.builders import BASE_URL, EXTSUM_URL, TOKEN_URL, row, settings, token
from unit_tests.reading import Read, saved

SECRET = "a key of 16 char"
KEY = hmac.new(SECRET.encode(), digestmod="sha256")
HASH = re.compile("#[0-9a-f]{32}")
HASHED: dict[str, Any] = {"personal_data": "hash", "personal_data_key": SECRET}
ONE_DAY: dict[str, Any] = {"start_date": "2026-11-23", "end_date": "2026-11-23"}


def rule(mode: PersonalData = "hash", key: str = SECRET) -> PersonalDataRule:
    found = rule_for(settings(personal_data=mode, personal_data_key=key))
    assert found
    return found


def hashed(text: str, key: str = SECRET) -> str:
    """What a sync stores instead of a text."""
    of = rule(key=key).hashed
    assert of
    return of(text)


def expected(text: str) -> str:
    return "#" + hmac.digest(SECRET.encode(), text.encode(), "sha256").hex()[:32]


def test_personal_data_is_kept_unless_configured() -> None:
    assert rule_for(settings()) is None
    assert rule_for(settings(personal_data="keep", personal_data_key=SECRET)) is None


def test_nothing_is_stored_where_personal_data_is_removed() -> None:
    assert rule("remove").hashed is None


def test_a_hash_is_that_of_the_contract() -> None:
    assert hashed("Jane Doe") == expected("jane doe")
    assert HASH.fullmatch(hashed("Jane Doe"))
    assert hashed("jane@acme.example") == expected("jane@acme.example")
    assert hashed("+1 (555) 010-1234") == expected("5550101234")


@pytest.mark.parametrize("text", [" Jane Doe", "JANE DOE", "jane doe\t"])
def test_text_is_trimmed_and_case_folded_before_it_is_hashed(text: str) -> None:
    assert hashed_text(KEY, text) == hashed_text(KEY, "Jane Doe")
    assert hashed_text(KEY, "STRASSE") == hashed_text(KEY, "Stra\u00dfe")
    assert hashed_text(KEY, "Jane  Doe") != hashed_text(KEY, "Jane Doe")


@pytest.mark.parametrize(
    "number",
    [
        *("5550101234", "+15550101234", "15550101234", "0015550101234", "+1 555 010 1234", " 555.010.1234 "),
        *("(555) 010-1234", "+1 (555) 010-1234", "555/010/1234", "1-555-010-1234"),
    ],
)
def test_a_phone_number_hashes_alike_however_it_is_written(number: str) -> None:
    assert hashed_text(KEY, number) == expected("5550101234")


@pytest.mark.parametrize(
    ("number", "digits"), [("+442079460018", "2079460018"), ("0101234", "0101234"), ("+12345", "12345")]
)
def test_shorter_and_longer_numbers(number: str, digits: str) -> None:
    assert hashed_text(KEY, number) == expected(digits)


@pytest.mark.parametrize(
    "text", ["1-800-FLOWERS", "5550101234 ext. 7", "sip:1001@acme.example", "#31#5550101", "*67"]
)
def test_a_number_with_letters_is_hashed_as_text(text: str) -> None:
    assert hashed_text(KEY, text) == expected(text.casefold())


@pytest.mark.parametrize("extension", ["1", "1001", "123456", " 1001 ", "12-34", "000000"])
def test_extensions_of_up_to_six_digits_stay(extension: str) -> None:
    assert hashed_text(KEY, extension) == extension


@pytest.mark.parametrize("number", ["1234567", "+1001", "+123456", "0000000"])
def test_longer_or_international_numbers_are_hashed(number: str) -> None:
    assert HASH.fullmatch(hashed_text(KEY, number))


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "N/A", "n/a", "-", ".", "Unknown", "Anonymous", "ANONYMOUS "),
        *("Restricted", "Private", "Unavailable", "Withheld", "Blocked", "unassigned"),
        *("CallQueue", "RingGroup", "AutoAttendant", "Voicemail", "Call Queue", "voice mail"),
        *("Voicemail (120088)", "RingGroup (900)", "Auto Attendant (1)"),
    ],
)
def test_a_value_that_names_nobody_stays(text: str) -> None:
    assert hashed_text(KEY, text) == text
    assert hashed(text) == text


@pytest.mark.parametrize("text", ["Voicemail of Jane", "Anonymous Bosch", "Voicemail (Jane)", "--", "nada"])
def test_a_value_that_only_begins_like_that_is_hashed(text: str) -> None:
    assert HASH.fullmatch(hashed_text(KEY, text))


def test_half_a_surrogate_pair_is_hashed() -> None:
    assert HASH.fullmatch(hashed("Jane \ud83d"))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_hash_depends_on_the_key_and_the_text_only(text: str) -> None:
    found = hashed_text(KEY, text)
    assert found == hashed_text(KEY, text)
    if found != text:
        assert HASH.fullmatch(found)
        assert hashed_text(hmac.new(b"another key of 16", digestmod="sha256"), text) != found


def test_what_recurs_is_hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    apply = rule().hashed
    assert apply
    texts: list[str] = []

    def count(key: hmac.HMAC, text: str) -> str:
        texts.append(text)
        return hashed_text(key, text)

    monkeypatch.setattr(personal_data, "hashed_text", count)
    assert len({apply(text) for text in ["Jane Doe", "5550101234", "Jane Doe"] * 100}) == 2
    assert texts == ["Jane Doe", "5550101234"]


def test_what_has_not_come_for_long_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(personal_data, "CACHED", 2)
    apply = rule().hashed
    assert apply
    texts: list[str] = []

    def count(key: hmac.HMAC, text: str) -> str:
        texts.append(text)
        return hashed_text(key, text)

    monkeypatch.setattr(personal_data, "hashed_text", count)
    for text in ("Ann", "Bob", "Bob", "Cy", "Bob", "Ann"):
        apply(text)
    assert texts == ["Ann", "Bob", "Cy", "Ann"]


def test_the_state_notes_the_mode_and_a_fingerprint_of_the_key_but_no_key() -> None:
    assert rule("remove").notes == {"personal_data": "remove"}
    notes, other = rule().notes, rule(key=f"{SECRET}!").notes
    assert notes == rule().notes
    assert notes["personal_data"] == other["personal_data"] == "hash"
    assert notes["personal_data_key"] != other["personal_data_key"]
    assert notes["personal_data_key"] == "9349012c", "saved states are compared with it"
    assert SECRET not in str(notes)


@pytest.mark.parametrize("key", [..., "", "fifteen letters", f" {'x' * 15} ", 1234567890123456, ["x" * 16]])
def test_a_missing_or_short_key_is_a_config_error(key: Any) -> None:
    with pytest.raises(ConnectorError) as error:
        settings(personal_data="hash", personal_data_key=key)
    assert error.value.problem is messages.PERSONAL_DATA_KEY_MISSING
    settings(personal_data="remove", personal_data_key=key)


def test_spaces_around_the_key_do_not_count() -> None:
    assert hashed("Jane Doe", key=f"  {SECRET}\n") == expected("jane doe")


def test_a_key_with_half_a_surrogate_pair_is_a_config_error() -> None:
    with pytest.raises(ConnectorError) as error:
        settings(personal_data="hash", personal_data_key="x" * 16 + "\ud83d")
    assert error.value.problem is messages.BROKEN_CHARACTER


@pytest.fixture
def summary(api: rm.Mocker) -> None:
    api.post(TOKEN_URL, json=token())
    person = {"FirstName": "Jane", "LastName": "N/A", "Email": "jane@acme.example", "Nickname": "Janie"}
    api.get(EXTSUM_URL, json=[row("1001", Branch="Paris", **person)])


FIELDS = ("Extension", "Branch", "FirstName", "LastName", "Email", "Nickname")


@pytest.mark.usefixtures("summary")
@pytest.mark.parametrize(
    ("changes", "values"),
    [
        ({}, ("1001", "Paris", "Jane", "N/A", "jane@acme.example", "Janie")),
        ({"personal_data": "remove"}, ("1001", "Paris", None, None, None, ...)),
        (HASHED, ("1001", "Paris", expected("jane"), "N/A", expected("jane@acme.example"), ...)),
    ],
    ids=["keep", "remove", "hash"],
)
def test_rows_of_a_sync(
    changes: dict[str, Any], values: tuple[Any, ...], caplog: pytest.LogCaptureFixture
) -> None:
    read = Read(**changes, **ONE_DAY)
    (found,) = read.rows
    assert tuple(found.get(name, ...) for name in FIELDS) == values
    removed = messages.FIELDS_REMOVED.text(stream="extension_summary", names="Nickname")
    assert (removed in caplog.messages) is bool(changes)
    assert SECRET not in str(read.states)
    noted = {name: text for name, text in read.states[-1]["settings"].items() if "personal" in name}
    assert noted == (rule(changes["personal_data"]).notes if changes else {})


@pytest.mark.usefixtures("summary")
@pytest.mark.parametrize(
    ("before", "changes", "warning"),
    [
        ({}, HASHED, messages.HASHES_CHANGED.text(stream="extension_summary", old="keep", new="hash")),
        (
            {"personal_data": "remove"},
            {},
            messages.HASHES_CHANGED.text(stream="extension_summary", old="remove", new="keep"),
        ),
        (
            {"personal_data": "hash", "personal_data_key": "0badc0de"},
            HASHED,
            messages.HASH_KEY_CHANGED.text(stream="extension_summary"),
        ),
    ],
    ids=["keep to hash", "remove to keep", "another key"],
)
def test_a_change_between_syncs_is_one_warning(
    before: dict[str, str],
    changes: dict[str, Any],
    warning: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    read = Read(saved("2026-11-22", **before), **changes, **ONE_DAY)
    assert caplog.messages.count(warning) == 1
    caplog.clear()
    notes = read.states[-1]["settings"]
    Read(saved("2026-11-23", **notes), **changes, **ONE_DAY)
    assert warning not in caplog.messages


def test_every_party_of_a_call_is_hashed(api: rm.Mocker) -> None:
    api.post(TOKEN_URL, json=token())
    people = {"caller": "+15550101234", "callerName": "Jane Doe", "callee": "1001", "calleeName": "Voicemail"}
    data = [{"pbxId": "acmecorp", "callId": "7", "direction": "Incoming", **people}]
    api.get(
        f"{BASE_URL}/v2/call-records",
        json={"meta": {"totalRecordCount": 1, "scrollId": None}, "data": data},
    )
    (found,) = Read(stream="call_records", **HASHED, **ONE_DAY).rows
    assert {name: found[name] for name in ("callId", "direction", *people)} == {
        "callId": "7",
        "direction": "Incoming",
        "caller": expected("5550101234"),
        "callerName": expected("jane doe"),
        "callee": "1001",
        "calleeName": "Voicemail",
    }
