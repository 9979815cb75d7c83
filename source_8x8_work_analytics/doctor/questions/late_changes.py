"""Which finished days changed since the last run: what a memory file is for."""

import pendulum

from source_8x8_work_analytics.doctor.account import day_report, label, main_pbx
from source_8x8_work_analytics.doctor.memory import Memory, PbxMemory
from source_8x8_work_analytics.doctor.model import Answers, Outcome, Request, unknown
from source_8x8_work_analytics.doctor.questions.reasons import nothing_to_ask
from source_8x8_work_analytics.doctor.rows import totals_of

MAX_LOOKBACK = 60
KEPT_DAYS = 90
"""Days that stay in the memory."""


def finished_days(answers: Answers) -> list[pendulum.Date]:
    """Return the finished days to fingerprint, newest first."""
    return [answers.today.subtract(days=back) for back in range(1, answers.days + 1)]


def late_requests(answers: Answers) -> list[Request]:
    """Return the requests for the days, where there is a memory to compare with."""
    pbx = main_pbx(answers)
    if pbx is None or answers.memory is None or nothing_to_ask(answers):
        return []
    return [day_report(answers, pbx, day) for day in finished_days(answers)]


def fingerprints(answers: Answers, memory: Memory) -> dict[str, str]:
    """Return the fingerprint of each day that was answered: its extensions and all that adds up.

    Names and addresses are left out, since they change without any call.
    """
    pbx = main_pbx(answers) or ""
    found = {}
    for day in finished_days(answers):
        answer = answers.get(day_report(answers, pbx, day))
        if answer.status == 200 and not answer.problem:
            parts = [f"{key} {sorted(sums.items())}" for key, sums in totals_of(answer).items()]
            found[str(day)] = memory.fingerprint(parts)
    return found


def account_of(answers: Answers, memory: Memory) -> str:
    """Return a fingerprint of what makes two runs comparable. The API key in it cannot be guessed."""
    settings = answers.settings
    return memory.fingerprint(
        [f"{settings.api_key}\n{settings.base_url}\n{settings.time_zone}\n{main_pbx(answers)}"]
    )


def remembered(answers: Answers) -> PbxMemory | None:
    """Return what the last run left about the main PBX, if it is comparable."""
    pbx, memory = main_pbx(answers), answers.memory
    if pbx is None or memory is None:
        return None
    entry = memory.pbxes.get(label(answers, pbx))
    return entry if entry and entry.account == account_of(answers, memory) else None


def renewed(answers: Answers) -> Memory | None:
    """Return the memory for the next run; None where there is nothing to remember."""
    pbx, memory = main_pbx(answers), answers.memory
    if pbx is None or memory is None or not (found := fingerprints(answers, memory)):
        return None
    last = remembered(answers)
    oldest = str(answers.today.subtract(days=KEPT_DAYS))
    days = {day: text for day, text in (last.days if last else {}).items() if day >= oldest} | found
    entry = PbxMemory(account_of(answers, memory), answers.asked_at.isoformat(), dict(sorted(days.items())))
    return Memory(memory.salt, {**memory.pbxes, label(answers, pbx): entry})


def late_changes(answers: Answers) -> Outcome:
    """Compare the finished days with those of the last run."""
    lookback = answers.settings.lookback_days
    assumed = f"at most {lookback} days back"
    memory, pbx = answers.memory, main_pbx(answers)
    again = "Run the doctor again tomorrow, and in a week, with the same --memory FILE."
    if memory is None:
        return unknown(assumed, "no memory file to compare with", f"{again} The first run makes the file.")
    if reason := nothing_to_ask(answers):
        return unknown(assumed, reason)
    last, present = remembered(answers), fingerprints(answers, memory)
    if last is None:
        reason = "the memory file is of another account, PBX or time zone, so a new one is started"
        other = pbx is not None and label(answers, pbx) in memory.pbxes
        return unknown(assumed, memory.note or (reason if other else "this is the first run"), again)
    both = [day for day in finished_days(answers) if str(day) in present and str(day) in last.days]
    since = last.asked_at[:10]
    if not both:
        return unknown(assumed, f"no day was read both now and on {since}", again)
    changed = [(answers.today - day).days for day in both if present[str(day)] != last.days[str(day)]]
    evidence = f"{len(both)} days compared with the run of {since}"
    if not changed:
        return Outcome(assumed, "none", "holds", evidence)
    oldest = max(changed)
    evidence += f"; changed: {', '.join(str(back) for back in changed)} days back"
    seen = f"{oldest} days back"
    if oldest <= lookback:
        return Outcome(assumed, seen, "holds", evidence)
    more = "" if oldest <= MAX_LOOKBACK else ", which is the most it can be"
    advice = f"Set lookback_days to {min(oldest, MAX_LOOKBACK)}{more}."
    return Outcome(assumed, seen, "contradicted", evidence, advice)
