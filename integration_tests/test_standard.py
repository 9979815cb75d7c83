"""The CDK's standard tests, against a sandbox at the address of `sample_config.json`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from airbyte_cdk.test.standard_tests.source_base import SourceTestSuiteBase

from sandbox import Sandbox
from sandbox.server import running
from source_8x8_work_analytics import Source8x8WorkAnalytics

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module", autouse=True)
def _sandbox() -> Iterator[None]:
    with running(Sandbox(), port=8808):
        yield


class TestStandard(SourceTestSuiteBase):
    connector = Source8x8WorkAnalytics

    @classmethod
    def get_connector_root_dir(cls) -> Path:
        return ROOT
