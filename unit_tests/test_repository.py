"""What the catalog and the image say agrees with the package."""

import logging
import re
import uuid
from importlib.metadata import metadata, version
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

import source_8x8_work_analytics
from source_8x8_work_analytics.source import Source8x8WorkAnalytics
from source_8x8_work_analytics.streams import STREAM_TYPES

ROOT = Path(__file__).parent.parent
PACKAGE = "airbyte-source-8x8-work-analytics"
METADATA = yaml.safe_load((ROOT / "metadata.yaml").read_text(encoding="utf-8"))
DATA = METADATA["data"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_metadata_is_of_the_catalogs_form() -> None:
    models = pytest.importorskip(
        "airbyte_connector_models.metadata.v0.connector_metadata_definition_v0",
        reason="airbyte-connector-models does not support this Python",
    )
    models.ConnectorMetadataDefinitionV0.model_validate(METADATA)


def test_metadata_follows_the_rules() -> None:
    assert METADATA["metadataSpecVersion"] == "1.0"
    assert uuid.UUID(DATA["definitionId"]).version == 4
    assert (DATA["connectorType"], DATA["connectorSubtype"]) == ("source", "api")
    assert DATA["dockerRepository"] == "airbyte/source-8x8-work-analytics"
    assert DATA["githubIssueLabel"] == "source-8x8-work-analytics"
    assert DATA["remoteRegistries"]["pypi"] == {"enabled": True, "packageName": PACKAGE}
    assert DATA["allowedHosts"]["hosts"] == ["api.8x8.com"]
    assert set(DATA["tags"]) == {"language:python", "cdk:python"}
    assert DATA["ab_internal"] == {"ql": 100, "sl": 100}
    assert (DATA["releaseStage"], DATA["supportLevel"]) == ("alpha", "community")
    assert DATA["registryOverrides"]["oss"]["enabled"]
    assert DATA["registryOverrides"]["cloud"]["enabled"]
    streams = {stream.name for stream in STREAM_TYPES}
    assert set(DATA["suggestedStreams"]["streams"]) <= streams
    spec = Source8x8WorkAnalytics().spec(logging.getLogger("x"))
    assert spec.documentationUrl == DATA["documentationUrl"]


def test_version_and_licence_agree_everywhere() -> None:
    assert DATA["dockerImageTag"] == version(PACKAGE) == source_8x8_work_analytics.__version__
    assert DATA["license"] == metadata(PACKAGE)["License-Expression"]
    assert f'io.airbyte.version="{version(PACKAGE)}"' in DOCKERFILE
    assert f"## {version(PACKAGE)} - " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_base_image_is_pinned_and_the_same_in_both_places() -> None:
    base = DATA["connectorBuildOptions"]["baseImage"]
    assert re.fullmatch(r".+:[\d.]+@sha256:[0-9a-f]{64}", base)
    assert f"ARG BASE_IMAGE={base}\n" in DOCKERFILE
    assert DOCKERFILE.count("FROM ${BASE_IMAGE}") == 2


def test_the_image_is_as_the_platform_expects() -> None:
    assert 'ENV AIRBYTE_ENTRYPOINT="source-8x8-work-analytics"' in DOCKERFILE
    assert 'ENTRYPOINT ["source-8x8-work-analytics"]' in DOCKERFILE
    last_user = [line for line in DOCKERFILE.splitlines() if line.startswith("USER ")][-1]
    assert last_user == "USER airbyte"
    assert "compileall" in DOCKERFILE


def test_the_icon_is_square() -> None:
    icon = ElementTree.parse(ROOT / DATA["icon"]).getroot()  # noqa: S314 - our own file
    assert icon.get("width") == icon.get("height")


def test_git_ignores_secrets_and_the_image_takes_what_it_needs_only() -> None:
    assert "secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()[1] == "*"


def test_every_file_and_test_that_contributing_names_exists() -> None:
    """Paths are given from the root or from the package."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w./-]+\.(?:py|yaml|json|toml)|[\w./-]+/)(?:::(\w+))?`", text))
    assert len(named) > 50
    for path, test in sorted(named):
        found = [file for folder in FOLDERS if (file := ROOT / folder / path).exists()]
        assert found, path
        if test:
            assert f"def {test}(" in found[0].read_text(encoding="utf-8"), f"{path}::{test}"


FOLDERS = ("", "source_8x8_work_analytics")


def test_every_link_inside_the_repository_leads_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.md"), *ROOT.glob("dbt/*.md")]
    links = [
        (page, link) for page in pages for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    ]
    inside = [(page, link) for page, link in links if "://" not in link]
    assert len(inside) > 30
    for page, link in inside:
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}, link


def test_ids_are_the_same_each_time_tests_are_collected(request: pytest.FixtureRequest) -> None:
    """Otherwise mutmut, which collects them twice, takes a test that it cannot find for a change noticed."""
    unstable = [
        item.nodeid
        for item in request.session.items
        if item.nodeid.startswith("unit_tests/")
        and "\\" in item.nodeid
        and any(callable(mark.kwargs.get("ids")) for mark in item.iter_markers("parametrize"))
    ]
    assert not unstable, "use plain_id"
