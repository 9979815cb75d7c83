"""The CDK's standard tests, against a sandbox on a free port.

`acceptance-test-config.yml` names the address of `make sandbox`, for `airbyte-cdk connector test`; here
each configuration gets the address of a sandbox of its own.
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from airbyte_cdk.models import ConnectorSpecification
from airbyte_cdk.test.standard_tests.source_base import SourceTestSuiteBase

from sandbox import Sandbox
from sandbox.server import running
from source_8x8_work_analytics import Source8x8WorkAnalytics

ROOT = Path(__file__).parent.parent


class SourceOfASandbox(Source8x8WorkAnalytics):
    """The source, with another address than its configuration names."""

    base_url: ClassVar[str]

    def spec(self, logger: logging.Logger) -> ConnectorSpecification:
        return Source8x8WorkAnalytics().spec(logger)  # it looks for the file next to its class

    @classmethod
    def read_config(cls, config_path: str) -> dict[str, Any]:
        return {**super().read_config(config_path), "base_url": cls.base_url}


@pytest.fixture(autouse=True)
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox()
    with running(sandbox) as address:
        SourceOfASandbox.base_url = sandbox.config(address)["base_url"]
        yield sandbox


class TestStandard(SourceTestSuiteBase):
    connector = SourceOfASandbox

    @classmethod
    def get_connector_root_dir(cls) -> Path:
        return ROOT


def test_requests_go_to_the_sandbox(sandbox: Sandbox) -> None:
    config = SourceOfASandbox.read_config(str(ROOT / "integration_tests" / "sample_config.json"))
    assert SourceOfASandbox().check(SourceOfASandbox().logger, config).status.value == "SUCCEEDED"
    assert sandbox.requests_to("/token")
