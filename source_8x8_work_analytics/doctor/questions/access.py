"""Which reports and lists the user may read, and whether the configured PBXs are there."""

from source_8x8_work_analytics.doctor.account import (
    EXTENSIONS,
    LIST_PAGES,
    first_requests,
    listed_pbxes,
    main_pbx,
    opaque_id,
    pbxes_pages,
    week_report,
)
from source_8x8_work_analytics.doctor.model import Answers, Outcome, Request, compared, unknown
from source_8x8_work_analytics.doctor.questions.queues import QUEUE_STREAMS, queue_request
from source_8x8_work_analytics.doctor.samples import week_calls
from source_8x8_work_analytics.doctor.streams import CALLS, LISTS_OF_A_PBX, listing, streams
from source_8x8_work_analytics.settings import ALL_PBXES

SUMMARIES = (EXTENSIONS, "company_summary", "ring_group_summary")
GROUPS = "ring_group_summary"
MEMBERS = "ring_group_member_summary"
SUPERVISOR = "Give the user (username) Supervisor access to Analytics for Work, or leave these streams out."


def access_requests(answers: Answers) -> list[Request]:
    """Return one request for each stream."""
    return [*first_requests(answers), *(request for request in by_stream(answers).values() if request)]


def by_stream(answers: Answers) -> dict[str, Request | None]:
    """Return the request that tries each stream; None where it cannot be asked for."""
    pbx = main_pbx(answers)
    if pbx is None:
        return {EXTENSIONS: first_requests(answers)[-1], "pbxes": listing("pbxes")}
    key = opaque_id(answers, pbx)
    found: dict[str, Request | None] = {stream: week_report(answers, stream, pbx) for stream in SUMMARIES}
    found[MEMBERS] = member_request(answers, pbx)
    found.update({stream: week_calls(answers, stream) for stream in CALLS})
    found["pbxes"] = listing("pbxes")
    found.update({stream: listing(stream, key) if key else None for stream in LISTS_OF_A_PBX})
    found.update(
        {
            stream: queue_request(answers, endpoint) if key else None
            for stream, endpoint in QUEUE_STREAMS.items()
            if stream in streams()
        }
    )
    return found


def member_request(answers: Answers, pbx: str) -> Request | None:
    """Return the request for the members of the first ring group of the week."""
    rows = answers.get(week_report(answers, GROUPS, pbx)).rows
    if not rows:
        return None
    return week_report(answers, MEMBERS, pbx, extId=str(rows[0].get("extension")), collapse="true")


def access(answers: Answers) -> Outcome:
    """Return which streams are refused."""
    tried = {stream: answers.get(request) for stream, request in by_stream(answers).items() if request}
    refused = [f"{stream} ({answer.problem})" for stream, answer in tried.items() if answer.refused]
    failed = [stream for stream, answer in tried.items() if answer.problem and not answer.refused]
    readable = [stream for stream, answer in tried.items() if not answer.problem]
    evidence = f"{len(readable)} of {len(streams())} streams answered"
    not_tried = sorted(set(streams()) - set(tried))
    if failed:
        evidence += f"; no answer for {', '.join(failed)} ({tried[failed[0]].problem})"
    if not_tried:
        evidence += f"; nothing to ask for {', '.join(not_tried)}"
    if failed and not refused:
        return unknown("all", evidence)
    return compared("all", ", ".join(refused) or "all", evidence, SUPERVISOR)


def names_requests(answers: Answers) -> list[Request]:
    """Return the requests for the list of PBXs."""
    return pbxes_pages(answers)


def pbx_names(answers: Answers) -> Outcome:
    """Return whether the configured names stand in the list."""
    pages = pbxes_pages(answers)
    if problem := answers.get(pages[-1]).problem:
        return unknown("all", f"the list of PBXs was not read: {problem}")
    listed = {name.casefold() for name in listed_pbxes(answers)}
    evidence = f"this user can see {len(listed)} PBXs"
    configured = answers.settings.pbx_ids
    if configured == (ALL_PBXES,):
        return compared("all", "all", f"{evidence}, and allpbxes is configured")
    missing = [i for i, name in enumerate(configured, 1) if name.casefold() not in listed]
    if missing and answers.get(pages[-1]).more:
        return unknown("all", f"more than {LIST_PAGES} pages of PBXs")
    if not missing:
        return compared("all", "all", evidence)
    which = ", ".join(f"pbx-{i}" for i in missing)
    return compared(
        "all",
        f"{len(missing)} of {len(configured)} missing",
        f"{evidence}; missing: {which}",
        "Correct the PBX names (pbx_ids), or give the user access to these PBXs.",
    )
