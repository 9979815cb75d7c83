"""Summaries of ring groups and of their members, and how long each member was logged in.

No row has a date; there is one row for each key.
"""

import random
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sandbox.calls import OFFER, Call
from sandbox.company import Pbx, RingGroup
from sandbox.rows import Row
from sandbox.variants import PLAIN, Variant

Period = tuple[int, int]
"""From an instant to just before another, in epoch milliseconds."""


def ring_group_summary(pbx: Pbx, calls: Iterable[Call], _: Variant = PLAIN) -> list[Row]:
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


def _group_row(pbx: Pbx, group: RingGroup, calls: list[Call]) -> Row:
    answered = sum(call.answered for call in calls)
    abandoned = [call for call in calls if call.abandoned]
    talk, ring = sum(call.talk for call in calls), sum(call.ring for call in calls)
    abandoned_time = sum(call.ring for call in abandoned)
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
        "avgAbandonedTime": abandoned_time // max(1, len(abandoned)),
        "avgRgTime": ring // len(calls),
        "avgRingTime": ring // len(calls),
        "avgTalkTime": talk // max(1, answered),
        "totalAbandonedTime": abandoned_time,
        "totalRingTime": ring,
    }


def ring_group_members(number: str, pbx: Pbx, calls: Iterable[Call], _: Variant = PLAIN) -> list[Row]:
    """Return a row for each member of a ring group, `number`, who was offered a call."""
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


def ring_group_agents(pbx: Pbx, number: str, calls: Iterable[Call], window: Period, seed: int) -> list[Row]:
    """Return how long each member of a ring group was logged in and out, in milliseconds.

    Members work in shifts. Anyone who is offered a call of the group is logged in during that call.

    Args:
        pbx: the PBX.
        number: the ring group; an unknown one has no members.
        calls: the calls of the PBX that overlap the window, at least.
        window: the period.
        seed: the seed for the generated shifts.
    """
    group = next((group for group in pbx.ring_groups if group.number == number), None)
    if group is None:
        return []
    mine = [call for call in calls if call.group == number]
    rows = []
    for member in group.members:
        on_calls = ((call.start, call.end) for call in mine if member in (call.callee, *call.offered))
        logged_in = _covered([*_shifts(pbx, group, member, window, seed), *on_calls], window)
        durations = {"loggedInDuration": logged_in, "loggedOutDuration": window[1] - window[0] - logged_in}
        rows.append({"agentExtension": member, "metrics": durations})
    return rows


def _shifts(pbx: Pbx, group: RingGroup, member: str, window: Period, seed: int) -> Iterator[Period]:
    """Yield the shifts of a member that can overlap a window: by day, over midnight, or around the clock."""
    zone = ZoneInfo(pbx.time_zone)
    first, last = (datetime.fromtimestamp(moment / 1000, zone).date() for moment in window)
    kind = group.members.index(member) % 4
    for day in (first + timedelta(days=i) for i in range(-1, (last - first).days + 1)):
        chance = random.Random(f"{seed} {pbx.origin} {group.number} {member} {day} shift")
        if kind == 3:
            yield _moment(day, zone), _moment(day + timedelta(days=1), zone)
        elif chance.random() > (0.7 if day.weekday() >= 5 else 0.1):
            begin = _moment(day, zone, 21 if kind == 1 else 8) + chance.randrange(5_400_000)
            yield begin, begin + chance.randrange(18_000_000, 32_400_000)


def _moment(day: date, zone: ZoneInfo, hour: int = 0) -> int:
    return int(datetime.combine(day, time(hour), zone).timestamp() * 1000)


def _covered(periods: Iterable[Period], window: Period) -> int:
    """Return the milliseconds of a window that at least one period covers."""
    covered, reached = 0, window[0]
    for begin, end in sorted(periods):
        begin, end = max(begin, reached), min(end, window[1])
        covered += max(0, end - begin)
        reached = max(reached, end)
    return covered
