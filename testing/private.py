"""Private values of a sandbox, which must not appear in a log or a report."""

import re
from collections.abc import Iterable
from typing import Any

from sandbox import Sandbox

HARMLESS = {
    *("missed", "abandoned", "answered", "direction", "status", "cause", "lastLegDisposition"),
    *("propsLastPartyDisp", "ServiceType", "calleeSvcName", "callLegCount", "legId"),
    *("startTime", "connectTime", "disconnectedTime", "talkTime", "waitTime", "calleeHoldDuration"),
}
"""Fields whose text is a fixed word or a time."""
SHORTEST = 3
"""Characters: shorter texts are part of many others."""


def private_values(sandbox: Sandbox, rows: Iterable[dict[str, Any]] = ()) -> set[str]:
    """Return every name, number, extension, user, PBX name, id, key and password.

    Args:
        sandbox: the sandbox.
        rows: rows of reports, for the numbers and names of callers.
    """
    found = {sandbox.api_key, sandbox.username, sandbox.password}
    for pbx in sandbox.pbxes().values():
        found |= {pbx.name, pbx.opaque_id}
        for one in pbx.extensions:
            found |= {one.number, one.first_name, one.last_name, one.branch, one.department}
            found |= {one.email, one.user_name}
        found |= {text for group in pbx.ring_groups for text in (group.number, group.name, group.site)}
    for row in rows:
        found |= {value for name, value in row.items() if type(value) is str and name not in HARMLESS}
    return {value for value in found if len(value) >= SHORTEST and value != "N/A"}


def private_in(text: str, values: Iterable[str]) -> list[str]:
    """Return the private values that a text contains; an extension within a longer number does not count."""
    return sorted(value for value in values if value in text and _stands_alone(value, text))


def _stands_alone(value: str, text: str) -> bool:
    return not value.isdigit() or bool(re.search(rf"(?<![\d.,]){value}(?!\d)", text))
