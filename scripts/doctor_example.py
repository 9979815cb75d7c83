"""Write the example of docs/doctor.md: what the doctor finds on a sandbox that behaves as assumed."""

from datetime import datetime, timezone
from pathlib import Path

from sandbox import Sandbox
from source_8x8_work_analytics.doctor.findings import as_json, as_text, closing, ordered
from source_8x8_work_analytics.doctor.late_changes import Memory
from source_8x8_work_analytics.doctor.service_questions import estimate
from testing.doctor_account import examine

PAGE = Path(__file__).parent.parent / "docs" / "doctor.md"
NOW = datetime(2026, 11, 24, 15, 30, tzinfo=timezone.utc)
BEGIN, END = "<!-- example: made by `make doctor-example` -->", "<!-- /example -->"
WIDTH = 100


def example() -> str:
    """Return the findings as text and as JSON."""
    examined = examine(Sandbox(clock=lambda: NOW), Memory.empty())
    seen, found = examined.seen, list(examined.findings().values())
    requests = len(seen.exchanges) + 4  # the sign-ins, and the two more that `sessions` takes
    rows = ordered(found)
    text = as_text(rows, WIDTH) + closing(rows, requests, estimate(seen, ()), WIDTH)
    return (
        f"```text\n{text}```\n\n<details>\n<summary>The same findings as JSON</summary>\n\n"
        f"```json\n{as_json(found, seen.started_at, requests)}```\n\n</details>"
    )


def with_example(page: str) -> str:
    """Return a page with the example between its markers generated anew."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n\n{example()}\n\n{END}{rest.split(END)[1]}"


def main() -> None:
    """Write the page."""
    PAGE.write_text(with_example(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
