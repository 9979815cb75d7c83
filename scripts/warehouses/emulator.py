"""Start an emulator of BigQuery, patched for PyAirbyte, dbt and a closed network.

Runs in its own environment, which contains `bqemulator`. It shows that statements run and what they return
there, but not necessarily what BigQuery itself does.
"""

import gzip
import sys
from pathlib import Path
from typing import Any

from bqemulator.config import Settings
from bqemulator.jobs import executor
from bqemulator.server import run_forever
from bqemulator.storage.engine import DuckDBEngine
from sqlglot import exp
from sqlglot.generators.duckdb import DuckDBGenerator


def adapt() -> None:
    """Patch the emulator in the three places where it differs from BigQuery or requires a network."""
    # It would download an extension for geography, which nothing here uses.
    DuckDBEngine._load_spatial = lambda engine: None

    # PyAirbyte uploads gzip, which BigQuery recognizes by itself.
    load = executor._LOAD_FORMAT_HANDLERS["NEWLINE_DELIMITED_JSON"]

    def load_gzip(path: str, *rest: Any) -> None:
        content = Path(path).read_bytes()
        if content[:2] == b"\x1f\x8b":
            Path(path).write_bytes(gzip.decompress(content))
        load(path, *rest)

    executor._LOAD_FORMAT_HANDLERS["NEWLINE_DELIMITED_JSON"] = load_gzip

    # In BigQuery, INT is an alias of INT64.
    DuckDBGenerator.TYPE_MAPPING[exp.DataType.Type.INT] = "BIGINT"


if __name__ == "__main__":
    adapt()
    run_forever(
        Settings(rest_port=int(sys.argv[1]), grpc_port=int(sys.argv[2]), enable_format_extensions=False)
    )
