"""What one run of the doctor printed, wrote and sent."""

from dataclasses import dataclass
from typing import Any


@dataclass
class Outcome:
    code: int
    out: str
    err: str
    report: dict[str, Any]
    sent: int
    token: str

    def finding(self, name: str) -> dict[str, str]:
        return next(finding for finding in self.report["findings"] if finding["id"] == name)

    def seen(self, name: str) -> str:
        return self.finding(name)["seen"]

    def verdict(self, name: str) -> str:
        return self.finding(name)["verdict"]
