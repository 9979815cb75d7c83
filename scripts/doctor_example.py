"""Write the example of docs/doctor.md: the doctor's report on a sandbox without variants."""

from datetime import datetime, timezone
from pathlib import Path

from sandbox import Sandbox
from source_8x8_work_analytics.doctor.examine import findings
from source_8x8_work_analytics.doctor.memory import Memory
from source_8x8_work_analytics.doctor.report import as_json, plain, summary
from testing.doctor_account import examined

PAGE = Path(__file__).parent.parent / "docs" / "doctor.md"
NOW = datetime(2026, 11, 24, 15, 30, tzinfo=timezone.utc)
BEGIN, END = "<!-- example: made by `make doctor-example` -->", "<!-- /example -->"


def example() -> str:
    """Return the report as text and as JSON."""
    answers = examined(Sandbox(clock=lambda: NOW), Memory.empty())
    found, requests = findings(answers), len(answers.exchanges) + 1  # the sign-in
    text = f"{plain(found, 100)}{summary(found, requests)}"
    report = as_json(found, answers.asked_at, requests).strip()
    return (
        f"```text\n{text}\n```\n\n<details>\n<summary>The same report as JSON</summary>\n\n"
        f"```json\n{report}\n```\n\n</details>"
    )


def with_example(page: str) -> str:
    """Return a page with the example between its markers made anew."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n\n{example()}\n\n{END}{rest.split(END)[1]}"


def main() -> None:
    """Write the page."""
    PAGE.write_text(with_example(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
