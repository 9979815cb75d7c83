"""The company's calls, generated from a seed: the same seed and day always give the same calls."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, timezone
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from sandbox.company import Extension, Pbx

LONGEST = timedelta(hours=2)
"""Maximum length of a call, including ringing."""

OFFER = 15_000
"""Milliseconds that a ring group rings each member before trying the next."""

# How many of a day's calls begin in each local hour, from midnight on.
HOURS = [0, 0, 0, 0, 0, 0, 1, 3, 8, 12, 12, 10, 6, 9, 11, 10, 8, 5, 2, 1, 1, 1, 1, 1]

# How many of a hundred calls have each outcome; queues and ring groups answer more calls than one person
# does.
FATES = ["answered", "abandoned", "voicemail", "missed"]
USUAL_FATES = [70, 10, 12, 8]
GROUP_FATES = [91, 4, 3, 2]

# How often the first, second or third member who is offered a group's call answers it.
TURNS = [(86, 11, 3), (70, 22, 8)]


@dataclass(frozen=True)
class Call:
    """One call. Times are epoch milliseconds and milliseconds.

    `caller` and `callee` are extensions; None stands for the outside party. `offered` are the extensions that
    did not answer before the last one rang, in order; those of a call to a ring group are its members.
    """

    pbx: str
    call_id: int
    start: int
    ring: int
    talk: int
    voicemail: int
    caller: str | None
    callee: str | None
    outside: str
    answered: bool
    abandoned: bool
    group: str | None = None
    offered: tuple[str, ...] = ()

    @cached_property
    def end(self) -> int:
        """When the first party hung up."""
        return self.start + self.ring + self.talk + self.voicemail


@dataclass(frozen=True)
class CallOptions:
    """How calls are generated.

    Args:
        seed: the seed for the generated calls.
        busy: how many times as many calls as usual.
        whole_seconds: calls start, connect and end at whole seconds.
        several_legs: each call is offered to someone else first.
    """

    seed: int
    busy: int = 1
    whole_seconds: bool = False
    several_legs: bool = False


def calls_ending(
    pbx: Pbx, start: datetime, end: datetime, options: CallOptions, revision: Callable[[Pbx, date], int]
) -> Iterator[Call]:
    """Yield the calls of a PBX that end in a period.

    Args:
        pbx: the PBX.
        start: first instant, as UTC.
        end: the instant after the last.
        options: how calls are generated.
        revision: returns how often the calls of a PBX and UTC day were corrected.
    """
    first, last = int(start.timestamp() * 1000), int(end.timestamp() * 1000)
    day = (start - LONGEST).date()
    while day <= end.date():
        for call in _calls_of_day(pbx, day, options, revision(pbx, day)):
            if first <= call.end < last:
                yield call
        day += timedelta(days=1)


@lru_cache(maxsize=8192)
def _calls_of_day(pbx: Pbx, day: date, options: CallOptions, revision: int) -> tuple[Call, ...]:
    """Return the calls that start on a UTC day."""
    seed = f"{options.seed} {pbx.origin} {day}"
    calls = sorted(_new_calls(pbx, day, random.Random(seed), options.busy), key=lambda call: call.start)
    calls = _with_callbacks(calls, random.Random(f"{seed} callbacks"))
    if options.several_legs:
        calls = _with_several_legs(calls, pbx, random.Random(f"{seed} legs"))
    if options.whole_seconds:
        calls = [_in_whole_seconds(call) for call in calls]
    first_id = 1_600_000_000_000 + day.toordinal() * 1_000_000
    calls = [replace(call, call_id=first_id + i) for i, call in enumerate(calls)]
    for again in range(revision):
        calls = _corrected(calls, again, random.Random(f"{seed} correction {again}"), options)
    return tuple(calls)


def _new_calls(system: Pbx, day: date, chance: random.Random, busy: int) -> Iterator[Call]:
    people = [extension for extension in system.extensions if extension.weight]
    weights = [extension.weight for extension in people]
    zone = ZoneInfo(system.time_zone)
    for hour in range(24):
        moment = datetime.combine(day, time(hour), timezone.utc)
        local = moment.astimezone(zone)
        share = HOURS[local.hour] / sum(HOURS)
        if local.weekday() >= 5:
            share *= 0.12 if system.open_on_weekends else 0.0
        expected = busy * share * system.calls_a_day * chance.uniform(0.8, 1.2)
        count = int(expected) + (chance.random() < expected % 1)
        for _ in range(count):
            start = int(moment.timestamp() * 1000) + chance.randrange(3_600_000)
            yield _one_call(system, start, people, weights, chance)


def _one_call(
    system: Pbx, start: int, people: list[Extension], weights: list[int], chance: random.Random
) -> Call:
    kind = chance.choices(["in", "group", "out", "internal"], [40, 15, 30, 15])[0]
    fate = chance.choices(FATES, GROUP_FATES if kind == "group" else USUAL_FATES)[0]
    person = chance.choices(people, weights)[0].number
    other = chance.choices(people, weights)[0].number
    group: str | None = None
    offered: tuple[str, ...] = ()
    if kind == "group":
        ring_group = chance.choice(system.ring_groups)
        members = list(ring_group.members)
        chance.shuffle(members)
        # The first group of a PBX has enough members, so few of its callers are offered to a second one.
        turns = TURNS[0 if ring_group == system.ring_groups[0] else 1][: len(members)]
        turn = chance.choices(range(len(turns)), turns)[0]
        group, offered = ring_group.number, tuple(members[:turn])
        person = members[turn] if fate == "answered" else ring_group.number
    if kind == "internal" and other == person:
        kind = "out"
    answered = fate == "answered"
    return Call(
        pbx=system.name,
        call_id=0,
        start=start,
        ring=chance.randrange(800, OFFER if group else 25_000) + OFFER * len(offered),
        talk=int(chance.lognormvariate(11.6, 0.9)) % 5_400_000 + 1_000 if answered else 0,
        voicemail=chance.randrange(3_000, 90_000) if fate == "voicemail" and kind != "out" else 0,
        caller=None if kind in ("in", "group") else (other if kind == "internal" else person),
        callee=None if kind == "out" else person,
        outside=f"+1{chance.randrange(2_000_000_000, 9_999_999_999)}",
        answered=answered,
        abandoned=fate == "abandoned" or (kind == "out" and not answered),
        group=group,
        offered=offered,
    )


def _with_callbacks(calls: list[Call], chance: random.Random) -> list[Call]:
    """Return the calls, with some of the outbound ones going to a caller who was missed before."""
    called = list(calls)
    waiting: list[str] = []
    for i, call in enumerate(calls):
        if call.caller is None and not call.answered and chance.random() < 0.6:
            waiting.append(call.outside)
        elif call.callee is None and waiting:
            called[i] = replace(call, outside=waiting.pop(chance.randrange(len(waiting))))
    return called


def _with_several_legs(calls: list[Call], pbx: Pbx, chance: random.Random) -> list[Call]:
    """Return the calls, each offered to another extension first if it would have one leg."""
    people = [extension.number for extension in pbx.extensions if extension.weight]
    members = {group.number: group.members for group in pbx.ring_groups}
    changed = []
    for call in calls:
        others = [
            one for one in members.get(call.group or "", people) if one not in (call.caller, call.callee)
        ]
        if not call.offered:
            call = replace(call, offered=(chance.choice(others),), ring=call.ring + OFFER)
        changed.append(call)
    return changed


def _in_whole_seconds(call: Call) -> Call:
    ring, talk, voicemail = (-(-time // 1000) * 1000 for time in (call.ring, call.talk, call.voicemail))
    return replace(call, start=call.start // 1000 * 1000, ring=ring, talk=talk, voicemail=voicemail)


def _corrected(calls: list[Call], again: int, chance: random.Random, options: CallOptions) -> list[Call]:
    """Return the calls after a late correction: some started earlier, and some are new.

    The time at which a call ends never changes, so no row of a summary disappears.
    """
    unit = 1000 if options.whole_seconds else 1
    corrected = []
    for call in calls:
        more = chance.randrange(1, 60_000) if call.talk and chance.random() < 0.3 else 0
        more -= more % unit
        corrected.append(replace(call, talk=call.talk + more, start=call.start - more))
    first_id = 500_000 + 3 * again
    late = [replace(call, call_id=call.call_id + first_id, start=call.start + unit) for call in corrected[:3]]
    return [*corrected, *late]
