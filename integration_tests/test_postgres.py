"""PyAirbyte into a real PostgreSQL on a private socket, twice with a correction in between."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from integration_tests.harness import TODAY
from integration_tests.truth import truth
from sandbox import Sandbox

if TYPE_CHECKING:
    from airbyte.caches import PostgresCache

pytestmark = [pytest.mark.xdist_group("databases"), pytest.mark.filterwarnings("ignore")]
START = TODAY - timedelta(days=6)
STREAMS = ["extension_summary", "company_summary", "call_records", "call_legs", "call_queues"]
KEYS = {
    "extension_summary": "pbxid, extension, report_date",
    "company_summary": "pbxid, report_date",
    "call_records": "pbxid, callid",
    "call_legs": "pbxid, callid, legid",
    "call_queues": "id",
}


@pytest.mark.usefixtures("postgres")
def test_the_tables_hold_the_truth_with_the_right_types(
    configure: Callable[..., dict[str, Any]], sandbox: Sandbox, program: str
) -> None:
    import airbyte
    from airbyte.caches import PostgresCache

    database = PostgresCache(
        host="", port=5432, username="postgres", password="", database="postgres", schema_name="phone"
    )
    config = configure(start_date=str(START), only_finished_windows=True)
    source = airbyte.get_source(
        "source-8x8-work-analytics", local_executable=program, config=config, streams=STREAMS
    )
    talk = []
    for sync in range(2):
        source.read(cache=database)
        expected: dict[Any, Any] = {}
        for pbx in config["pbx_ids"]:
            expected |= truth(sandbox, pbx, START, TODAY - timedelta(days=1), config["time_zone"])
        rows = database.run_sql_query(
            "select pbxid, extension, report_date, total_talk_time, firstname, window_complete"
            " from phone.extension_summary"
        )
        found = {
            (row["pbxid"], row["extension"], str(row["report_date"])): (
                int(row["total_talk_time"]),
                row["firstname"],
                row["window_complete"],
            )
            for row in rows
        }
        assert len(rows) == len(found)
        assert found == {k: (v["Total_Talk_Time"], v["FirstName"], True) for k, v in expected.items()}
        for stream, key in KEYS.items():
            (counted,) = database.run_sql_query(
                f"select count(*) as rows, count(distinct ({key})) as keys from phone.{stream}"
            )
            assert counted["rows"] == counted["keys"] > 0, stream
        talk.append(sum(value[0] for value in found.values()))
        if sync == 0:
            sandbox.correct("acmecorp", TODAY - timedelta(days=1))
            sandbox.correct("acme-europe", TODAY - timedelta(days=1))
    assert talk[1] > talk[0], "the correction replaced no row"
    assert column_types(database) >= {
        ("extension_summary", "report_date", "date"),
        ("extension_summary", "total_talk_time", "bigint"),
        ("extension_summary", "percent_external_inbound_answered", "numeric"),
        ("extension_summary", "window_complete", "boolean"),
        ("extension_summary", "extension", "character varying"),
        ("call_records", "calllegcount", "bigint"),
        ("call_records", "starttimeutc", "bigint"),
        ("call_records", "talktime", "character varying"),
    }
    times = {t for table, column, t in column_types(database) if column in ("window_start", "starttime")}
    assert times == {"timestamp without time zone"}, "PyAirbyte drops the offset; see the docs page"
    lists = {t for table, column, t in column_types(database) if column in ("departments", "branches")}
    assert lists <= {"json", "jsonb"}


def column_types(database: "PostgresCache") -> set[tuple[str, str, str]]:
    rows = database.run_sql_query(
        "select table_name, column_name, data_type from information_schema.columns"
        " where table_schema = 'phone'"
    )
    return {(row["table_name"], row["column_name"], row["data_type"]) for row in rows}
