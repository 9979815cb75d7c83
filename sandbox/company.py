"""The fictional company: its PBXs, the people and services on their extensions, groups and call queues."""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache

PEOPLE = [
    ("Ada", "Okonkwo"), ("Bjørn", "Håkonsen"), ("Chloé", "Lefèvre"),
    ("Dmitri", "Соколов"), ("Élodie", "Nguyễn"), ("Faisal", "الهاشمي"),
    ("Grace", "O'Malley"), ("Haruka", "佐藤"), ("Ingrid", "Müller-Lüdenscheidt"),
    ("João", "Gonçalves"), ("Kwame", "Mensah"), ("Łukasz", "Wójcik"),
    ("美玲", "陳"), ("Noa", "כהן"), ("Oona", "Virtanen"),
    ("Priya", "शर्मा"), ("Quentin", "d'Aubigné"), ("Rosa", "Núñez"),
    ("Siobhán", "Ní Dhuibhir"), ("Θάλεια", "Παπαδοπούλου"), ("Uma", "Raghunathan"),
    ("Vera", "Žižková"), ("Wanjiru", "Kamau"), ("Xiomara", "Ibáñez"),
    ("Yusuf", "Demirağ"), ("Zoë", "van der Berg"), ("지훈", "김"),
    ("สมชาย", "ใจดี"),
]  # fmt: skip
ZONES = ["America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "Europe/London"]
DEPARTMENTS = ["Sales", "Support", "Finance", "Operations", "Entwicklung"]


@dataclass(frozen=True)
class Extension:
    """A number on a PBX: that of a user, or of a service."""

    number: str
    first_name: str
    last_name: str
    branch: str
    department: str
    is_user: bool
    weight: int

    @property
    def agent_id(self) -> str:
        """The opaque id of the user as an agent of call queues."""
        return f"agent-{self.number}"

    @property
    def email(self) -> str:
        """The e-mail address, or N/A."""
        return f"{self.user_name}@acme.example" if self.is_user else "N/A"

    @property
    def user_name(self) -> str:
        """The user name, or N/A."""
        return f"user{self.number}" if self.is_user else "N/A"


@dataclass(frozen=True)
class RingGroup:
    """A number that rings its members' phones one after another."""

    number: str
    name: str
    site: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class CallQueue:
    """A number whose callers wait for one of its agents. The ring group of the same number has its calls."""

    number: str
    name: str
    site: str
    agents: tuple[str, ...]
    overflow_agents: tuple[str, ...]
    auto_login: bool

    @property
    def id(self) -> str:
        """The opaque id."""
        return f"queue-{self.number}"


@dataclass(frozen=True, eq=False)
class Pbx:
    """A phone system: where it is, how busy it is, and its extensions. There is only one object for each.

    `origin` is the seed for its calls, which stays the same if the PBX's name or id changes.
    """

    name: str
    origin: str
    opaque_id: str
    time_zone: str
    calls_a_day: int
    open_on_weekends: bool
    extensions: tuple[Extension, ...]
    ring_groups: tuple[RingGroup, ...]
    call_queues: tuple[CallQueue, ...]

    @cached_property
    def people(self) -> dict[str, Extension]:
        """The extensions by number."""
        return {extension.number: extension for extension in self.extensions}


def _pbx(
    name: str, opaque_id: str, zone: str, sites: list[str], first: int, size: int, open_on_weekends: bool
) -> Pbx:
    people = [
        Extension(
            number=str(first + i),
            first_name=PEOPLE[(first + 7 * i) % len(PEOPLE)][0],
            last_name=PEOPLE[(first + 5 * i) % len(PEOPLE)][1],
            branch=sites[i % len(sites)],
            department=DEPARTMENTS[i % len(DEPARTMENTS)],
            is_user=True,
            weight=1 + (i * i) % 9,
        )
        for i in range(size)
    ]
    groups = [
        RingGroup(
            number=str(first + 900 + i),
            name=f"{department} {sites[0]}",
            site=sites[0],
            members=tuple(person.number for person in people if person.department == department),
        )
        for i, department in enumerate(DEPARTMENTS[:2])
    ]
    queues = [
        CallQueue(group.number, group.name, group.site, group.members, other.members[:1], group is groups[0])
        for group, other in zip(groups, reversed(groups), strict=True)
    ]
    services = [
        Extension(group.number, group.name, "", group.site, "", is_user=False, weight=0) for group in groups
    ]
    lobby = Extension(str(first + 800), "Lobby", "Phone", sites[-1], DEPARTMENTS[3], is_user=False, weight=1)
    return Pbx(
        name=name,
        origin=name,
        opaque_id=opaque_id,
        time_zone=zone,
        calls_a_day=6 * size,
        open_on_weekends=open_on_weekends,
        extensions=(*people, lobby, *services),
        ring_groups=tuple(groups),
        call_queues=tuple(queues),
    )


@cache
def _branch(number: int) -> Pbx:
    """Return one of the small PBXs that a company can have in addition to its three."""
    name = f"acme-branch-{number:03d}"
    opaque_id = urlsafe_b64encode(hashlib.sha256(name.encode()).digest()[:16]).decode().rstrip("=")
    zone = ZONES[number % len(ZONES)]
    return _pbx(name, opaque_id, zone, [f"Branch {number}"], 10_001 + 1_000 * number, 10, True)


@cache
def _headquarters() -> tuple[Pbx, ...]:
    return (
        _pbx("acmecorp", "Kx2vQe9RT7uPZsLwB4mJ0g", "America/New_York", ["Boston", "Austin"], 1001, 26, True),
        _pbx("acme-europe", "b8YdWn3HS5qXc1FtV6rAzQ", "Europe/London", ["Leeds", "Zürich"], 2001, 20, True),
        _pbx("acme-apac", "p0MkUj6GC2iNeOyE9xDhTw", "Asia/Singapore", ["Singapore", "東京"], 3001, 16, False),
    )


@lru_cache(maxsize=16)
def company(branches: int = 0, changes: frozenset[str] = frozenset()) -> dict[str, Pbx]:
    """Return the company's PBXs by name.

    Args:
        branches: how many small PBXs it has in addition to its three.
        changes: values of the variant `pbx_list`, of which some change a name or an id.
    """
    first, second, *others = (*_headquarters(), *(_branch(i + 1) for i in range(branches)))
    if "decomposed" in changes:
        second = replace(second, name="acme-zürich")
    if "swapped names" in changes:
        first, second = replace(first, name=second.name), replace(second, name=first.name)
    if "new id" in changes:
        first = replace(first, opaque_id="n3WiDfR7oPq2sTuVxYzA1b")
    return {pbx.name: pbx for pbx in (first, second, *others)}


@cache
def deleted_pbxes(kinds: frozenset[str], same_name: str) -> tuple[Pbx, ...]:
    """Return deleted PBXs, which have no extensions left.

    Args:
        kinds: values of the variant `deleted_pbxes`.
        same_name: the name of a PBX in use.
    """
    names = {"deleted-1": same_name} if "same name" in kinds else {}
    names |= {"deleted-2": "acme-closed", "deleted-3": "acme-closed"} if "twice" in kinds else {}
    names |= {"deleted-4": ""} if "nameless" in kinds else {}
    return tuple(Pbx(name, name, key, "UTC", 0, False, (), (), ()) for key, name in names.items())
