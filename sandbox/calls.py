"""The company's calls, made from a seed: the same seed and day always give the same calls."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, timezone
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from sandbox.company import Extension, Pbx

LONGEST = timedelta(hours=2)
"""No call lasts longer, ringing included."""

OFFER = 15_000
"""Milliseconds that a ring group rings one member before the next."""

# How many of a day's calls begin in each local hour, from midnight on.
HOURS = [0, 0, 0, 0, 0, 0, 1, 3, 8, 12, 12, 10, 6, 9, 11, 10, 8, 5, 2, 1, 1, 1, 1, 1]

# Of a hundred calls, how many end in which way; queues and ring groups answer more than one person does.
FATES = ["answered", "abandoned", "voicemail", "missed"]
USUAL_FATES = [70, 10, 12, 8]
GROUP_FATES = [91, 4, 3, 2]

# How often the first, the second or the third member that is offered a group's call takes it.
TURNS = [(86, 11, 3), (70, 22, 8)]


@dataclass(frozen=True)
class Call:
    """One call. Times are epoch milliseconds and milliseconds.

    `caller` and `callee` are extensions; None stands for the party outside. `offered` are the members of the
    ring group whose phones rang in vain, in order.
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


def calls_ending(
    pbx: Pbx,
    start: datetime,
    end: datetime,
    seed: int,
    revision: Callable[[Pbx, date], int],
    busy: int = 1,
) -> Iterator[Call]:
    """Yield the calls of a PBX that end in a stretch of time.

    Args:
        pbx: the PBX.
        start: first instant, as UTC.
        end: the instant after the last.
        seed: what the calls are made from.
        revision: tells how often the calls of a PBX and UTC day were corrected.
        busy: how many times as many calls as usual.
    """
    first, last = int(start.timestamp() * 1000), int(end.timestamp() * 1000)
    day = (start - LONGEST).date()
    while day <= end.date():
        for call in _calls_of_day(pbx, day, seed, revision(pbx, day), busy):
            if first <= call.end < last:
                yield call
        day += timedelta(days=1)


@lru_cache(maxsize=8192)
def _calls_of_day(pbx: Pbx, day: date, seed: int, revision: int, busy: int) -> tuple[Call, ...]:
    """Return the calls that start on a UTC day."""
    chance = random.Random(f"{seed} {pbx.name} {day}")
    calls = sorted(_made(pbx, day, chance, busy), key=lambda call: call.start)
    calls = _called_back(calls, random.Random(f"{seed} {pbx.name} {day} callbacks"))
    first_id = 1_600_000_000_000 + day.toordinal() * 1_000_000
    calls = [replace(call, call_id=first_id + i) for i, call in enumerate(calls)]
    for again in range(revision):
        calls = _corrected(calls, again, random.Random(f"{seed} {pbx.name} {day} correction {again}"))
    return tuple(calls)


def _made(system: Pbx, day: date, chance: random.Random, busy: int) -> Iterator[Call]:
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
        # The first group of a PBX has members enough: few of its callers are offered to a second one.
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


def _called_back(calls: list[Call], chance: random.Random) -> list[Call]:
    """Return the calls with some of those to the outside going to a caller who was missed before."""
    called = list(calls)
    waiting: list[str] = []
    for i, call in enumerate(calls):
        if call.caller is None and not call.answered and chance.random() < 0.6:
            waiting.append(call.outside)
        elif call.callee is None and waiting:
            called[i] = replace(call, outside=waiting.pop(chance.randrange(len(waiting))))
    return called


def _corrected(calls: list[Call], again: int, chance: random.Random) -> list[Call]:
    """Return the calls as a late correction leaves them: some began earlier, and some are new.

    No call ends at another time than before, so no row of a summary goes away.
    """
    corrected = []
    for call in calls:
        more = chance.randrange(1, 60_000) if call.talk and chance.random() < 0.3 else 0
        corrected.append(replace(call, talk=call.talk + more, start=call.start - more))
    first_id = 500_000 + 3 * again
    late = [replace(call, call_id=call.call_id + first_id, start=call.start + 1) for call in corrected[:3]]
    return [*corrected, *late]
