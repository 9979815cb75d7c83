"""What the account looks like: which PBXs there are, which one to look at, and in which days."""

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from functools import lru_cache

import pendulum

from source_8x8_work_analytics.doctor.model import Answers, Request
from source_8x8_work_analytics.doctor.rows import call_count
from source_8x8_work_analytics.doctor.streams import listing, report
from source_8x8_work_analytics.settings import ALL_PBXES
from source_8x8_work_analytics.windows.calendar import oldest_day, start_of_day

EXTENSIONS = "extension_summary"
PBXES_TRIED = 5
"""In how many PBXs a week with calls is looked for."""
LIST_PAGES = 3
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def week(answers: Answers) -> list[pendulum.Date]:
    """Return the days of the last week that ended at least one whole day ago, Monday first."""
    return list(_week_before(answers.today))


@lru_cache
def _week_before(day: pendulum.Date) -> tuple[pendulum.Date, ...]:
    monday = day.subtract(days=1).start_of("week").subtract(weeks=1)
    return tuple(monday.add(days=i) for i in range(7))


def day_text(day: pendulum.Date) -> tuple[str, str]:
    """Return the bounds of a local day, as the connector asks for it."""
    date = day.isoformat()
    return f"{date} 00:00:00", f"{date} 23:59:59"


def utc_text(moment: datetime) -> str:
    """Return a moment as the API takes it in the time zone UTC."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


@lru_cache(maxsize=2048)
def hours_of(day: pendulum.Date, zone: str) -> float:
    """Return how many hours a local day has."""
    return (start_of_day(day.add(days=1), zone) - start_of_day(day, zone)) / HOUR


def pbxes_pages(answers: Answers) -> list[Request]:
    """Return the requests for the list of PBXs, page by page."""
    pages = [listing("pbxes")]
    while len(pages) < LIST_PAGES and answers.get(pages[-1]).more:
        pages.append(listing("pbxes", page=len(pages)))
    return pages


def listed_pbxes(answers: Answers) -> dict[str, str]:
    """Return the PBXs that the user can see: opaque ids by name, deleted PBXs left out."""
    rows = [row for page in pbxes_pages(answers) for row in answers.get(page).rows]
    return {str(row.get("name")): str(row.get("id")) for row in rows if not row.get("deleted")}


def pbx_names(answers: Answers) -> list[str]:
    """Return the PBXs to look at: those of the configuration, or those of the list for `allpbxes`."""
    names = list(answers.settings.pbx_ids)
    if names == [ALL_PBXES]:
        return list(listed_pbxes(answers)) or names
    return names


def label(answers: Answers, pbx: str) -> str:
    """Return how the report calls a PBX."""
    return f"pbx-{pbx_names(answers).index(pbx) + 1}"


def opaque_id(answers: Answers, pbx: str) -> str:
    """Return the opaque id of a PBX; empty where the list does not have it."""
    ids = {name.casefold(): key for name, key in listed_pbxes(answers).items()}
    return ids.get(pbx.casefold(), "")


def week_report(answers: Answers, stream: str, pbx: str, **more: str) -> Request:
    """Return the request for a summary of the week."""
    days = week(answers)
    start, end = day_text(days[0])[0], day_text(days[-1])[1]
    return report(stream, pbx, start, end, answers.settings.time_zone, **more)


def day_report(answers: Answers, pbx: str, day: pendulum.Date) -> Request:
    """Return the request for the extension summary of a day, the very one that a sync sends."""
    return report(EXTENSIONS, pbx, *day_text(day), answers.settings.time_zone)


def first_requests(answers: Answers) -> list[Request]:
    """Return the requests that find the PBX to look at: the list, then the week of one PBX after another."""
    pages = pbxes_pages(answers)
    if not answers.has(pages):
        return pages
    wanted = list(pages)
    for pbx in pbx_names(answers)[:PBXES_TRIED]:
        wanted.append(week_report(answers, EXTENSIONS, pbx))
        if call_count(answers.get(wanted[-1])):
            break
        if wanted[-1] not in answers.by_request:
            break
    return wanted


def main_pbx(answers: Answers) -> str | None:
    """Return the first PBX with calls, or else the first that is not refused; None before it is known."""
    if answers.main_pbx is None and answers.has(first_requests(answers)):
        names = pbx_names(answers)[:PBXES_TRIED]
        tried = {pbx: answers.get(week_report(answers, EXTENSIONS, pbx)) for pbx in names}
        with_calls = [pbx for pbx, answer in tried.items() if call_count(answer)]
        open_to_us = [pbx for pbx, answer in tried.items() if answer.status != 403]
        answers.main_pbx = next(iter(with_calls or open_to_us), None)
    return answers.main_pbx


def has_calls(answers: Answers) -> bool:
    """Return whether the main PBX had calls in the week."""
    pbx = main_pbx(answers)
    return pbx is not None and bool(call_count(answers.get(week_report(answers, EXTENSIONS, pbx))))


def busiest_day(answers: Answers) -> pendulum.Date | None:
    """Return the 24-hour day of the week with the most calls; None before the days are known."""
    pbx, zone = main_pbx(answers), answers.settings.time_zone
    if pbx is None or not answers.has(day_report(answers, pbx, day) for day in week(answers)):
        return None
    counts = {day: call_count(answers.get(day_report(answers, pbx, day))) for day in week(answers)}
    usual = [day for day in counts if hours_of(day, zone) == 24]
    return max(usual, key=lambda day: counts[day])


def unusual_days(answers: Answers) -> list[pendulum.Date]:
    """Return the days within the two years on which clocks change, newest first."""
    zone, last = answers.settings.time_zone, answers.today.subtract(days=1)
    return list(_unusual_days(zone, oldest_day(zone, answers.asked_at), last))


@lru_cache
def _unusual_days(zone: str, first: pendulum.Date, last: pendulum.Date) -> tuple[pendulum.Date, ...]:
    days = (last.subtract(days=i) for i in range((last - first).days))
    return tuple(day for day in days if hours_of(day, zone) != 24)


def failures(answers: Answers, requests: Iterable[Request]) -> str:
    """Return why some of these requests have no report; empty if all have one."""
    problems = [answers.get(request).problem for request in requests]
    return "; ".join(dict.fromkeys(filter(None, problems)))


NO_CALLS = f"no calls in the last finished week on the PBXs tried (at most {PBXES_TRIED})"
NO_PBX = "no PBX could be asked"
