"""Behavior that 8x8's documents leave open, or that an account can have: each variant can be switched on.

A variant is written `name=value`, as in `end_time=exclusive`. Without any, the sandbox behaves as the
connector assumes. Variants of the group "doctor" have the names of the doctor's questions, and their values
are what it finds; those of the group "account" make these questions harder; the others are for tests of the
connector.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

STREAMS = {
    "extension_summary": "/v2/extsum",
    "company_summary": "/v1/compsum",
    "ring_group_summary": "/v2/rgsum-groups",
    "ring_group_member_summary": "/v2/rgsum-members",
    "call_records": "/v2/call-records",
    "call_legs": "/v2/call-legs",
    "pbxes": "/v2/pbxes",
    "sites": "/sites",
    "call_queues": "/queues",
    "call_queue_agents": "/agents",
    "call_queue_summary": "/call-queue-metrics",
    "call_queue_agent_summary": "/queue-agent-activity",
    "agent_summary": "/agent-activity",
    "ring_group_agent_activity": "/ring-group-agent-activity/by-extension/*",
    "queue_calls": "/calls",
}
"""The streams that `access` can deny, and the ends of their paths; * stands for any text."""


def _field(default: Any, values: dict[str, str], group: str) -> Any:
    return field(default=default, metadata={"values": values, "group": group})


def _choice(group: str = "doctor", **meanings: str) -> Any:
    """Return a variant with one of several values; the first is the default."""
    values = {word.replace("_", " "): meaning for word, meaning in meanings.items()}
    return _field(next(iter(values)), values, group)


def _number(placeholder: str, meaning: str, group: str = "doctor") -> Any:
    """Return a variant whose value is a number; the default is 0."""
    return _field(0, {placeholder: meaning}, group)


def _several(group: str = "doctor", **meanings: str) -> Any:
    """Return a variant that can have several values at once; the default is none of them."""
    return _field(frozenset(), {word.replace("_", " "): text for word, text in meanings.items()}, group)


@dataclass(frozen=True)
class Variant:
    """The value of each variant."""

    access: frozenset[str] = _field(
        frozenset(), dict.fromkeys(STREAMS, "the user cannot read this stream"), "doctor"
    )
    pbx_names: int = _number("COUNT", "the user cannot see the last COUNT PBXs")
    windows_add_up: str = _choice(
        equal="the days of a week add up to the week",
        different="summaries cut their times to whole seconds, so days do not add up",
    )
    end_time: str = _choice(
        inclusive="endTime includes its whole last second",
        exclusive="a window ends just before endTime",
        to_the_millisecond="endTime includes the first millisecond of its last second",
    )
    call_records_time: str = _choice(
        disconnect="a call record belongs to the window in which the call ends",
        start="a call record belongs to the window in which the call starts",
        connect="a call record belongs to the window in which the call connects, if it does",
    )
    call_legs_time: str = _choice(
        disconnect="a call leg belongs to the window in which the leg ends",
        start="a call leg belongs to the window in which the leg starts",
        connect="a call leg belongs to the window in which the leg connects, if it does",
    )
    zero_rows: str = _choice(
        no="the extension summary leaves out extensions without calls",
        yes="the extension summary lists extensions without calls",
    )
    one_row_per_key: str = _choice(
        no="no report contains a key twice",
        yes="the busiest extension has two rows, as if its department had changed",
    )
    fields: frozenset[str] = _several(
        missing="a documented field of each report is left out",
        new="each report has a field that is not documented",
        other_type="a number in each report is sent as text",
    )
    clock_change_day: str = _choice(
        equal="a day has its 23, 24 or 25 hours",
        different="every day has 24 hours: a window keeps the UTC offset of its start",
    )
    retention: str = _choice(
        empty="days older than two years have no rows",
        rows="days older than two years have their rows",
        error="days older than two years are rejected",
    )
    company_sides: str = _choice(
        no="external and internal counts of the company summary are 0",
        yes="external and internal counts of the company summary are populated",
    )
    all_pbxes: str = _choice(
        equal="allpbxes means every PBX that the user can see",
        different="allpbxes leaves out the last PBX",
    )
    late_changes: int = _number("DAYS", "the calls of a UTC day are corrected once a day for DAYS days")
    response_times: str = _choice(
        parallel="reports are computed in parallel",
        serial="reports are computed one after another; takes effect with a latency",
    )
    rate_limit: str = _choice(
        none="no header indicates a rate limit", headers="each response has x-ratelimit headers"
    )
    queue_window: str = _choice(
        instants="startDate and endDate of the queue endpoints are instants",
        whole_days="only the dates of startDate and endDate count, as whole UTC days",
    )
    queue_units: str = _choice(
        seconds="times of queues and agents are seconds",
        milliseconds="times of queues and agents are milliseconds",
    )
    queue_identity: str = _choice(
        equal="the outcomes of a queue add up to the calls that entered it",
        different="one more call enters each queue than its outcomes account for",
    )
    clock: int = _number("SECONDS", "the Date header is ahead by SECONDS, or behind if negative")
    sessions: str = _choice(
        no="a new sign-in leaves earlier tokens valid",
        yes="a new sign-in invalidates the previous token",
    )
    row_cap: int = _number("ROWS", "a report has at most ROWS rows, and the rest are left out")

    call_moments: str = _choice(
        "account",
        milliseconds="calls start, connect and end at any millisecond",
        whole_seconds="calls start, connect and end at whole seconds",
    )
    legs_per_call: str = _choice(
        "account",
        one_or_more="most calls have one leg",
        several="each call has at least two legs",
    )

    summary_pages: str = _choice(
        "other",
        no="a summary is one list",
        wrapped='a summary is sent as {"meta": ..., "data": [...]} with its first rows',
        link='a summary has its first rows, and a Link header with rel="next"',
    )
    pbx_list: frozenset[str] = _several(
        "other",
        trailing_blank="the list of PBXs has a space after each name",
        decomposed="the second PBX is acme-zürich, listed in Unicode form NFD",
        swapped_names="the first two PBXs have each other's names",
        new_id="the first PBX has another opaque id",
    )
    deleted_pbxes: frozenset[str] = _several(
        "other",
        same_name="a deleted PBX has the name of the first one",
        twice="two deleted PBXs have the same name",
        nameless="a deleted PBX has no name",
        denied="the last PBX is listed as deleted, and access to it is denied",
    )
    queue_format: str = _choice(
        "other",
        newest="the queue endpoints respond as in the newest documents",
        older="diverted, extensions as numbers, agents inside queues",
    )
    queue_days: str = _choice(
        "other",
        one="queue-agent-activity accepts at most one day",
        any="queue-agent-activity also accepts more than a day",
    )
    queue_page: int = _number("CALLS", "the limit of the queue endpoint calls is at most CALLS", "other")
    queue_cursor: str = _choice(
        "other",
        exclusive="a page of calls begins after the cursor",
        inclusive="a page of calls begins with the call of the cursor",
        ignored="every page of calls is the first",
    )


PLAIN = Variant()


@lru_cache(maxsize=64)
def read_variants(texts: tuple[str, ...]) -> Variant:
    """Return the default but for these variants."""
    changed: dict[str, Any] = {}
    for text in texts:
        name, _, value = text.partition("=")
        default = getattr(PLAIN, name, None)
        if default is None:
            raise _unknown(text)
        if isinstance(default, int):
            try:
                changed[name] = int(value)
            except ValueError:
                raise _unknown(text) from None
        elif value not in _field_of(name).metadata["values"]:
            raise _unknown(text)
        elif isinstance(default, frozenset):
            changed[name] = changed.get(name, frozenset()) | {value}
        elif changed.setdefault(name, value) != value:
            raise ValueError(f"{name} has two values: choose one.")
    return Variant(**changed)


def described(*groups: str) -> Iterator[tuple[str, str]]:
    """Yield each variant of some groups (of all, without any) that is not a default, and its meaning."""
    for one in fields(Variant):
        if groups and one.metadata["group"] not in groups:
            continue
        for value, meaning in one.metadata["values"].items():
            if value != one.default:
                yield f"{one.name}={value}", meaning


def is_denied(path: str, variant: Variant) -> bool:
    """Return whether `access` denies the stream with this path."""
    return any(fnmatchcase(path, f"*{STREAMS[stream]}") for stream in variant.access)


def _field_of(name: str) -> Any:
    return next(one for one in fields(Variant) if one.name == name)


def _unknown(text: str) -> ValueError:
    return ValueError(f"{text} is not a variant; python -m sandbox --help lists them.")
