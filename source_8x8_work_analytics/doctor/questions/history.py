"""How far back the account answers, and whether `allpbxes` is all PBXs."""

from collections.abc import Callable

import pendulum

from source_8x8_work_analytics.doctor.account import (
    EXTENSIONS,
    busiest_day,
    day_report,
    failures,
    listed_pbxes,
    main_pbx,
    pbxes_pages,
    week_report,
)
from source_8x8_work_analytics.doctor.model import Answers, Outcome, Request, compared, unknown
from source_8x8_work_analytics.doctor.questions.reasons import nothing_to_ask
from source_8x8_work_analytics.doctor.rows import call_count, describe, differences, totals, totals_of
from source_8x8_work_analytics.settings import ALL_PBXES
from source_8x8_work_analytics.windows.calendar import oldest_day

WEEKS_BEYOND = 3
"""How far before and after the two years' edge a day is asked for."""
PBXES_COMPARED = 20


def retention_requests(answers: Answers) -> list[Request]:
    """Return a day beyond the two years, and days within them until one has calls."""
    pbx, busiest = main_pbx(answers), busiest_day(answers)
    if pbx is None or busiest is None or nothing_to_ask(answers):
        return []
    edge = oldest_day(answers.settings.time_zone, answers.asked_at)

    def beside_edge(move: Callable[[pendulum.Date], pendulum.Date]) -> Request:
        day = move(edge)
        weekday = day.add(days=(busiest.weekday() - day.weekday()) % 7)
        return day_report(answers, pbx, weekday)

    old = beside_edge(lambda day: day.subtract(weeks=WEEKS_BEYOND))
    kept = beside_edge(lambda day: day.add(weeks=WEEKS_BEYOND))
    later = beside_edge(lambda day: day.add(weeks=2 * WEEKS_BEYOND))
    first = [old, kept]
    silent = answers.has(first) and not call_count(answers.get(kept))
    return [*first, later] if silent else first


def retention(answers: Answers) -> Outcome:
    """Return what a day beyond two years is answered with."""
    assumed, requests = "empty", retention_requests(answers)
    if not requests:
        return unknown(assumed, nothing_to_ask(answers) or f"not asked: {answers.stopped}")
    old, *kept = (answers.get(request) for request in requests)
    within = sum(call_count(answer) for answer in kept)
    if old.refused:
        return compared(
            assumed,
            "error",
            f"a day {WEEKS_BEYOND} weeks beyond two years: {old.problem}",
            "Nothing to set: the connector never asks for days before the two years.",
        )
    if old.problem:
        return unknown(assumed, old.problem)
    found = call_count(old)
    evidence = f"{found:,} calls on a day beyond two years, {within:,} within them"
    if found:
        advice = "Older days than two years can be read, which the connector does not do. Report this."
        return compared(assumed, "rows", evidence, advice)
    if not within:
        return unknown(assumed, f"{evidence}: the account may be younger than two years")
    return compared(assumed, "empty", evidence)


def all_pbxes_requests(answers: Answers) -> list[Request]:
    """Return the week of all PBXs in one report, and of each one."""
    names = list(listed_pbxes(answers))
    if not names or len(names) > PBXES_COMPARED or main_pbx(answers) is None:
        return []
    return [week_report(answers, EXTENSIONS, pbx) for pbx in (ALL_PBXES, *names)]


def all_pbxes(answers: Answers) -> Outcome:
    """Compare `allpbxes` with the sum of the PBXs that the user can see."""
    assumed, requests = "equal", all_pbxes_requests(answers)
    if not requests:
        count = len(listed_pbxes(answers))
        problem = failures(answers, pbxes_pages(answers))
        if count > PBXES_COMPARED:
            problem = f"{count} PBXs are more than the {PBXES_COMPARED} that are compared"
        return unknown(assumed, problem or nothing_to_ask(answers) or "the list of PBXs is empty")
    together, *each = (answers.get(request) for request in requests)
    if together.problem:
        return unknown(assumed, f"allpbxes: {together.problem}")
    if problems := failures(answers, requests):
        return unknown(assumed, f"a PBX of the list: {problems}")
    if not any(call_count(answer) for answer in [together, *each]):
        return unknown(assumed, "no calls in the week on any PBX")
    summed = totals(row for answer in each for row in answer.rows)
    found = differences(totals_of(together), summed)
    with_calls = sum(call_count(answer) > 0 for answer in each)
    evidence = f"{len(each)} PBXs, {with_calls} of them with calls in the week"
    if not found:
        return compared(assumed, "equal", evidence)
    return compared(
        assumed,
        "different",
        f"{evidence}; allpbxes against their sum: {describe(found)}",
        "Name each PBX in pbx_ids instead of allpbxes.",
    )
