"""Summaries of ring groups and of their members: no date on any row, one row for each key."""

from collections.abc import Iterable
from typing import Any

from sandbox.calls import OFFER, Call
from sandbox.company import Pbx, RingGroup


def ring_group_summary(pbx: Pbx, calls: Iterable[Call]) -> list[dict[str, Any]]:
    """Return a row for each ring group that a call reached."""
    by_group: dict[str, list[Call]] = {}
    for call in calls:
        if call.group:
            by_group.setdefault(call.group, []).append(call)
    return [
        _group_row(pbx, group, by_group[group.number])
        for group in pbx.ring_groups
        if group.number in by_group
    ]


def _group_row(pbx: Pbx, group: RingGroup, calls: list[Call]) -> dict[str, Any]:
    answered = sum(call.answered for call in calls)
    abandoned = [call for call in calls if call.abandoned]
    talk, ring = sum(call.talk for call in calls), sum(call.ring for call in calls)
    given_up = sum(call.ring for call in abandoned)
    return {
        "pbxId": pbx.name,
        "site": group.site,
        "name": group.name,
        "extension": group.number,
        "totalMembers": 0,
        "totalInbound": len(calls),
        "totalAbandoned": len(abandoned),
        "totalAnswered": answered,
        "totalMissed": len(calls) - answered,
        "totalCallsToVM": sum(call.voicemail > 0 for call in calls),
        "totalAdvanced": sum(len(call.offered) for call in calls),
        "totalRgTime": ring,
        "totalTalkTime": talk,
        "totalCalls": len(calls),
        "avgAbandonedTime": given_up // max(1, len(abandoned)),
        "avgRgTime": ring // len(calls),
        "avgRingTime": ring // len(calls),
        "avgTalkTime": talk // max(1, answered),
        "totalAbandonedTime": given_up,
        "totalRingTime": ring,
    }


def ring_group_members(pbx: Pbx, number: str, calls: Iterable[Call]) -> list[dict[str, Any]]:
    """Return a row for each member of a ring group that a call was offered to."""
    group = next((group for group in pbx.ring_groups if group.number == number), None)
    mine = [call for call in calls if call.group == number]
    rows = []
    for member in pbx.extensions if group else ():
        answered = [call for call in mine if call.answered and call.callee == member.number]
        advanced = sum(member.number in call.offered for call in mine)
        offered = len(answered) + advanced
        if not group or not offered:
            continue
        talk = sum(call.talk for call in answered)
        ring = sum(call.ring - OFFER * len(call.offered) for call in answered) + OFFER * advanced
        rows.append(
            {
                "pbxId": pbx.name,
                "site": member.branch,
                "firstName": member.first_name,
                "lastName": member.last_name,
                "ringGroupName": group.name,
                "ringGroupExtension": number,
                "extension": member.number,
                "totalAnswered": len(answered),
                "totalAdvanced": advanced,
                "totalTalkTime": talk,
                "totalRingTime": ring,
                "totalCalls": offered,
                "avgRingTime": ring // offered,
                "avgTalkTime": talk // max(1, len(answered)),
                "offered": offered,
            }
        )
    return rows
