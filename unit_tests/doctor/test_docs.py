"""The page and the issue templates say what the doctor does."""

import re
from pathlib import Path

import pytest
import yaml

from scripts import doctor_example
from source_8x8_work_analytics.doctor import questions
from source_8x8_work_analytics.doctor.late_changes import LateChanges

ROOT = Path(__file__).parent.parent.parent
TEMPLATES = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def test_the_example_is_what_the_sandbox_gives() -> None:
    page = doctor_example.PAGE.read_text(encoding="utf-8")

    assert doctor_example.with_example(page) == page, "run `make doctor-example`"


def test_the_page_lists_every_question() -> None:
    page = doctor_example.PAGE.read_text(encoding="utf-8")
    listed = page.split("## What is not known")[1].split("## ")[0]

    assert re.findall(r"^\| `(\w+)` \|", listed, re.MULTILINE) == [
        question.id for question in questions(LateChanges())
    ]


@pytest.mark.parametrize("path", [path for path in TEMPLATES if path.stem != "config"], ids=lambda p: p.stem)
def test_issue_templates_ask_for_the_report(path: Path) -> None:
    template = yaml.safe_load(path.read_text(encoding="utf-8"))

    assert {"name", "description", "body"} <= set(template)
    fields = {field["id"]: field for field in template["body"] if field["type"] != "markdown"}
    assert "source-8x8-work-analytics doctor --config" in fields["report"]["attributes"]["description"]
    assert fields["report"]["validations"]["required"]
