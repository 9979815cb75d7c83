"""Which zone a person may have meant, and which names stand for the same zone."""

import pytest

from source_8x8_work_analytics.time_zones import TIME_ZONES, same_zone, suggestion


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Chicago", "America/Chicago"),
        ("chicago", "America/Chicago"),
        ("america/chicago", "America/Chicago"),
        ("America/New York", "America/New_York"),
        (" New York ", "America/New_York"),
        ("utc", "UTC"),
        ("CST", "America/Chicago"),
        ("cdt", "America/Chicago"),
        ("PST", "America/Los_Angeles"),
        ("ET", "America/New_York"),
        ("Eastern", "America/New_York"),
        ("Mountain time", "America/Denver"),
        ("BST", "Europe/London"),
        ("CEST", "Europe/Paris"),
        ("IST", "Asia/Kolkata"),
        ("-06:00", "America/Chicago"),
        ("-6", "America/Chicago"),
        ("-0600", "America/Chicago"),
        ("UTC-06:00", "America/Chicago"),
        ("GMT+1", "Europe/Paris"),
        ("utc+5:30", "Asia/Kolkata"),
        ("+12", "Pacific/Auckland"),
        ("Sydney", "Australia/Sydney"),
        ("buenos aires", "America/Argentina/Buenos_Aires"),
    ],
)
def test_a_close_name_is_suggested(typed: str, meant: str) -> None:
    assert suggestion(typed) == meant
    assert meant in TIME_ZONES


@pytest.mark.parametrize(
    "typed", ["", "  ", "Atlantis", "UTC-06:17", "-6:", "+99", "-06:00:00", "GMT", "EST"]
)
def test_nothing_else_is_suggested(typed: str) -> None:
    assert suggestion(typed) == (typed if typed in TIME_ZONES else None)


@pytest.mark.parametrize("zone", ["Factory", "localtime", "america/chicago", ""])
def test_names_of_no_zone_are_not_accepted(zone: str) -> None:
    assert zone not in TIME_ZONES


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("US/Eastern", "America/New_York"),
        ("GB", "Europe/London"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Etc/UTC", "UTC"),
        ("Europe/London", "Europe/Dublin"),
        ("America/Chicago", "America/Chicago"),
        ("Mars/Olympus", "Mars/Olympus"),
    ],
)
def test_two_names_of_one_zone(one: str, other: str) -> None:
    assert same_zone(one, other)
    assert same_zone(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("America/New_York", "America/Chicago"),
        ("Europe/London", "UTC"),
        ("America/Phoenix", "America/Denver"),
        ("America/New_York", "America/Detroit"),  # differed in 1975
        ("Africa/Casablanca", "Africa/El_Aaiun"),  # differed before 1977
        ("Asia/Amman", "Asia/Damascus"),
        ("America/New_York", "Mars/Olympus"),
        ("Mars/Olympus", "America/New_York"),
        ("Mars/Olympus", "Mars/Utopia"),
    ],
)
def test_two_zones(one: str, other: str) -> None:
    assert not same_zone(one, other)
