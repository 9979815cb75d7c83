"""Each variant of the sandbox changes what its description says, and the truth where that changes too."""

from collections import Counter
from datetime import timedelta
from email.utils import parsedate_to_datetime
from itertools import product
from typing import Any

import pytest
import requests

from integration_tests.queue_truth import QUEUE_KEYS
from integration_tests.sandbox_client import NOW, WINDOW, ZONE, Client, call_count, with_variants
from sandbox import Sandbox
from sandbox.variants import STREAMS, described, read_variants

DAY, WEEK = WINDOW, ("2026-11-02 00:00:00", "2026-11-08 23:59:59", ZONE)
FIRST_CALL = {"limit": "1", "sortingField": "callId", "sortingDirection": "ASC"}
CALLS = {"call_records": "/v2/call-records", "call_legs": "/v2/call-legs"}


@pytest.fixture
def sandbox(client: Client) -> Sandbox:
    return client.sandbox


def test_default_responses_are_the_truth(sandbox: Sandbox, client: Client) -> None:
    assert client.report("/v2/extsum").json() == sandbox.extension_rows("acmecorp", *DAY)
    for stream, path in CALLS.items():
        rows = sandbox.call_rows(stream == "call_legs", "acmecorp", *DAY)
        assert client.report(path).json()["data"] == rows


def test_every_variant_is_read_and_described() -> None:
    for name, meaning in described():
        known, _, value = name.partition("=")
        given = f"{known}=-90" if value.isupper() else name
        assert read_variants((given,)) != read_variants(())
        assert len(meaning) < 80
    assert read_variants(("end_time=inclusive", "fields=missing", "fields=new")).fields == {"missing", "new"}


@pytest.mark.parametrize(
    "names",
    [["nothing=at all"], ["end_time=never"], ["clock=fast"], ["end_time=inclusive", "end_time=exclusive"]],
)
def test_unknown_variants_are_rejected(names: list[str]) -> None:
    with pytest.raises(ValueError, match=names[0].split("=")[0]):
        Sandbox(variants=names)


def test_zero_rows(sandbox: Sandbox, client: Client) -> None:
    night = ("2026-11-02 02:00:00", "2026-11-02 02:59:59", ZONE)
    assert client.report("/v2/extsum", window=night).json() == []
    plain = client.report("/v2/extsum").json()
    sandbox.variants = ("zero_rows=yes",)
    rows = client.report("/v2/extsum", window=night).json()
    assert len(rows) == len(sandbox.pbxes()["acmecorp"].extensions)
    assert {value for row in rows for value in row.values() if isinstance(value, int)} == {0}
    assert [row for row in client.report("/v2/extsum").json() if call_count(row)] == plain
    assert client.report("/v2/extsum").json() == sandbox.extension_rows("acmecorp", *DAY)
    assert (
        client.report("/v2/extsum", window=("2020-01-06 00:00:00", "2020-01-06 23:59:59", ZONE)).json() == []
    )


@pytest.mark.parametrize("more", [(), ("zero_rows=yes",)])
def test_one_row_per_key(sandbox: Sandbox, client: Client, more: tuple[str, ...]) -> None:
    sandbox.variants = more
    plain = {row["Extension"]: row for row in client.report("/v2/extsum").json()}
    sandbox.variants = ("one_row_per_key=yes", *more)
    rows = client.report("/v2/extsum").json()
    assert rows == sandbox.extension_rows("acmecorp", *DAY)
    keys = Counter(row["Extension"] for row in rows)
    (twice,) = (number for number, count in keys.items() if count == 2)
    assert set(keys) == set(plain)
    halves = [row for row in rows if row["Extension"] == twice]
    assert halves[0]["Department"] != halves[1]["Department"] == plain[twice]["Department"]
    for name in ("Inbound_Total", "Outbound_Total", "Total_Talk_Time", "Total_Ring_Time"):
        assert halves[0][name] + halves[1][name] == plain[twice][name]


@pytest.mark.parametrize("path", ["/v2/extsum", "/v1/compsum", "/v2/rgsum-groups", *CALLS.values()])
def test_fields(sandbox: Sandbox, client: Client, path: str) -> None:
    def first_row() -> dict[str, Any]:
        content = client.report(path).json()
        rows: list[dict[str, Any]] = content["data"] if path in CALLS.values() else content
        return rows[0]

    plain = first_row()
    with with_variants(sandbox, "fields=missing"):
        assert len(set(plain) - set(first_row())) == 1
    with with_variants(sandbox, "fields=new"):
        assert len(set(first_row()) - set(plain)) == 1
    with with_variants(sandbox, "fields=other type"):
        (changed,) = (name for name, value in first_row().items() if value != plain[name])
        assert first_row()[changed] == str(plain[changed])


def test_company_sides(sandbox: Sandbox, client: Client) -> None:
    (plain,) = client.report("/v1/compsum").json()
    sandbox.variants = ("company_sides=yes",)
    (row,) = client.report("/v1/compsum").json()
    sides = [name for name in row if name.lower().removeprefix("percent")[:8] in ("external", "internal")]
    assert {plain[name] for name in sides} == {0}
    assert {name for name in row if row[name] != plain[name]} <= set(sides)
    extensions = sandbox.extension_rows("acmecorp", *DAY)
    for side in ("external", "internal"):
        for direction, outcome in product(("Inbound", "Outbound"), ("Total", "Answered", "Abandoned")):
            column = f"{side.capitalize()}_{direction}_{outcome}"
            total = sum(extension[column] for extension in extensions)
            assert row[f"{side}{direction}{outcome}"] == total, column


def test_all_pbxes(sandbox: Sandbox, client: Client) -> None:
    sandbox.variants = ("all_pbxes=different",)
    names = {row["PbxId"] for row in client.report("/v2/extsum", "allpbxes").json()}
    assert names == set(list(sandbox.pbxes())[:-1])
    assert {row["PbxId"] for row in sandbox.extension_rows("allpbxes", *DAY)} == set(sandbox.pbxes())


def test_pbx_names(sandbox: Sandbox, client: Client) -> None:
    sandbox.variants = ("pbx_names=1",)
    names = list(sandbox.pbxes())
    listed = client.list_page("/v2/pbxes").json()["_embedded"]["pbxList"]
    assert [pbx["name"] for pbx in listed] == names[:-1]
    assert client.report("/v2/extsum", names[-1]).status_code == 403
    assert {row["PbxId"] for row in client.report("/v2/extsum", "allpbxes").json()} == set(names[:-1])


@pytest.mark.parametrize("stream", STREAMS)
def test_access(sandbox: Sandbox, client: Client, stream: str) -> None:
    sandbox.variants = (f"access={stream}",)
    key = sandbox.pbxes()["acmecorp"].opaque_id
    denied = []
    for name, path in STREAMS.items():
        if name in QUEUE_KEYS:
            url = f"{client.base}/v2/pbxes/{key}{path}".replace("*", "1901")
            query = FIRST_CALL if path == "/calls" else {}
            response = requests.get(url, headers=client.headers, params=query, timeout=10)
        elif path.count("/") == 1:
            response = client.list_page(f"/v2/pbxes/{key}{path}")
        elif name == "pbxes":
            response = client.list_page(path)
        elif name == "ring_group_member_summary":
            response = client.report(path, extId="1901", collapse="true")
        else:
            response = client.report(path)
        if response.status_code != 200:
            denied.append(name)
            report = path.startswith("/v") and name != "pbxes"
            assert response.status_code == (400 if report else 403)
            assert (b"105-400-038" in response.content) == report
    assert denied == [stream]


def test_headers(sandbox: Sandbox, client: Client) -> None:
    plain = client.report("/v2/extsum").headers
    assert parsedate_to_datetime(plain["date"]) == NOW
    assert not [name for name in plain if "limit" in name]
    sandbox.variants = ("rate_limit=headers", "clock=-90")
    headers = client.report("/v2/extsum").headers
    assert parsedate_to_datetime(headers["date"]) == NOW - timedelta(seconds=90)
    assert int(headers["x-ratelimit-remaining"]) <= int(headers["x-ratelimit-limit"])


def test_response_times() -> None:
    sandbox = Sandbox(latency=10.0)
    assert [sandbox.delay(), sandbox.delay()] == [10.0, 10.0]
    sandbox.variants = ("response_times=serial",)
    first, second = sandbox.delay(), sandbox.delay()
    assert first == pytest.approx(10, abs=1)
    assert second == pytest.approx(20, abs=1)
