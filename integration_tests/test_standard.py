"""The CDK's standard tests, against a sandbox on a free port.

`acceptance-test-config.yml` names the address of `make sandbox`, for `airbyte-cdk connector test`; here
each configuration gets the address of a sandbox of its own.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.test.models import ConnectorTestScenario
from airbyte_cdk.test.standard_tests.source_base import SourceTestSuiteBase

from sandbox import Sandbox
from sandbox.server import running
from source_8x8_work_analytics import Source8x8WorkAnalytics

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    config_of = ConnectorTestScenario.get_config_dict
    sandbox = Sandbox()
    with running(sandbox) as address:
        base_url = sandbox.config(address)["base_url"]

        def redirected(scenario: ConnectorTestScenario, **options: Any) -> dict[str, Any]:
            config = config_of(scenario, **options)
            return {**config, "base_url": base_url} if config else config

        monkeypatch.setattr(ConnectorTestScenario, "get_config_dict", redirected)
        yield


class TestStandard(SourceTestSuiteBase):
    connector = Source8x8WorkAnalytics

    @classmethod
    def get_connector_root_dir(cls) -> Path:
        return ROOT
