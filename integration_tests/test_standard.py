"""The CDK's standard tests, against a sandbox at the address of `sample_config.json`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from airbyte_cdk.test.models import ConnectorTestScenario
from airbyte_cdk.test.standard_tests.source_base import SourceTestSuiteBase

from sandbox.api import Sandbox
from sandbox.server import running
from source_8x8_work_analytics.source import Source8x8WorkAnalytics

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module", autouse=True)
def _sandbox() -> Iterator[None]:
    with running(Sandbox(), port=8808):
        yield


class TestStandard(SourceTestSuiteBase):
    @classmethod
    def get_connector_root_dir(cls) -> Path:
        return ROOT

    @classmethod
    def create_connector(cls, scenario: ConnectorTestScenario | None) -> Source8x8WorkAnalytics:
        """Build the source with the scenario's configuration, which the suite would leave out."""
        config = scenario.get_config_dict(connector_root=ROOT, empty_if_missing=True) if scenario else {}
        return Source8x8WorkAnalytics(config=config)
