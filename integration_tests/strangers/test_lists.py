"""Items 1, 27, 30 and 36 of the strangers' list: lists are whole or fail, and their rows keep their keys."""

from functools import partial
from typing import Any

import pytest

from integration_tests.harness import within
from integration_tests.strangers.account import Account
from integration_tests.strangers.exchange import Handler, Reply, Request, first
from integration_tests.strangers.reading import completed, failed, messages, read, rows_of, warnings
from integration_tests.strangers.rows import list_page

MANY = 250
LISTS = {"pbxes": ("/v2/pbxes", "pbxList"), "sites": ("/id-alpha/sites", "siteList")}
ENTRIES = [{"id": f"x{i}", "pbxId": "id-alpha", "name": f"entry {i}", "deleted": False} for i in range(MANY)]

each_list = pytest.mark.parametrize("stream", LISTS)


def long_list(account: Account, stream: str, **page: Any) -> str:
    """Give a list 250 entries; `page` changes what its pages say of themselves. Returns the path's end."""
    path, name = LISTS[stream]
    rows = [*account.pbxes, *ENTRIES[2:]] if stream == "pbxes" else ENTRIES
    account.on(path, lambda request: list_page(request, name, rows, **page))
    return path


def read_list(account: Account, stream: str) -> Any:
    return read(account, stream, pbx_ids=["allpbxes"] if stream == "pbxes" else ["alpha"])


def on_page(number: str, change: Any) -> Handler:
    """Return a handler of one page only."""
    return lambda request: change(request) if request.query.get("page", "0") == number else None


def empty_page(request: Request) -> Reply:
    """Return a page without entries that still counts 250 of them."""
    reply = list_page(request, "list", [], totalElements=MANY, totalPages=3)
    return Reply({**reply.body, "_embedded": {"pbxList": [], "siteList": []}})


def bare_page(request: Request) -> Reply:
    """Return a page without `_embedded` that counts 250 entries."""
    return list_page(request, "list", [], totalElements=MANY, totalPages=3)


@each_list
@pytest.mark.parametrize(("page", "change"), [("0", empty_page), ("1", bare_page), ("1", empty_page)])
def test_an_empty_page_before_the_last_is_tried_again(
    account: Account, stream: str, page: str, change: Any
) -> None:
    path = long_list(account, stream)
    spoiled = first(1, change)
    account.on(path, on_page(page, spoiled))
    run = read_list(account, stream)
    assert run.code == 0, messages(run)
    assert len({row["id"] for row in run.rows}) == len(run.rows) == MANY


@pytest.mark.parametrize(("stream", "change"), [("pbxes", empty_page), ("sites", bare_page)])
def test_an_empty_page_that_stays_empty_fails_the_list(account: Account, stream: str, change: Any) -> None:
    path = long_list(account, stream)
    account.on(path, on_page("1", change))
    failed(read_list(account, stream), stream)


@each_list
@pytest.mark.parametrize(("pages", "elements"), [(1, MANY), (2, MANY), (3, MANY + 1)])
def test_a_list_that_contradicts_its_own_count_is_never_taken_for_whole(
    account: Account, stream: str, pages: int, elements: int
) -> None:
    long_list(account, stream, totalPages=pages, totalElements=elements)
    run = read_list(account, stream)
    if run.code == 0:
        assert len(run.rows) == elements
    else:
        failed(run, stream)


@each_list
def test_a_list_that_grows_while_it_is_read_is_whole(account: Account, stream: str) -> None:
    """A guard, which held before: the count of the last page is the one to compare with."""
    path = long_list(account, stream)
    rows = [*account.pbxes, *ENTRIES[2:]] if stream == "pbxes" else list(ENTRIES)
    grown = [*rows, {"id": "x-new", "pbxId": "id-alpha", "name": "new", "deleted": False}]
    account.on(path, on_page("2", lambda request: list_page(request, LISTS[stream][1], grown)))
    run = read_list(account, stream)
    assert run.code == 0, messages(run)
    assert len(run.rows) == MANY + 1


def test_an_id_that_stands_twice_on_a_page_is_no_dead_end(account: Account) -> None:
    """A guard, which held before: what came is counted in entries, and an agent can be in two sites."""
    entry = {"id": "x1", "pbxId": "id-alpha", "siteId": "s1", "deleted": False}
    account.on("/agents", lambda request: list_page(request, "agentList", [entry, {**entry, "siteId": "s2"}]))
    run = read(account, "call_queue_agents", pbx_ids=["alpha"])
    assert run.code == 0, messages(run)
    assert len(run.rows) in (1, 2)


@each_list
@pytest.mark.parametrize(
    "body",
    [
        {"error": "Internal error", "_links": {"self": {"href": "/"}}},
        {"status": 500, "message": "Internal error", "_links": {}},
        {"_links": {"self": {"href": "/"}}, "page": {"totalElements": MANY}},
        {"_links": {"self": {"href": "/"}}},
        {"_embedded": {"pbxList": [], "siteList": []}, "page": {"totalElements": -1}},
    ],
    ids=["error", "message", "count", "links only", "negative count"],
)
def test_an_object_without_a_list_is_no_empty_list(account: Account, stream: str, body: Any) -> None:
    account.on(LISTS[stream][0], lambda _: Reply(body))
    failed(read_list(account, stream), stream)


@pytest.mark.parametrize("change", [empty_page, bare_page])
def test_queue_streams_of_all_pbxes_never_miss_a_page_of_the_list(account: Account, change: Any) -> None:
    """The list says which PBXs `allpbxes` means, so a PBX that is lost there is lost with all its days."""
    account.pbxes = [{"id": f"id-{i}", "name": f"pbx-{i}", "deleted": False} for i in range(MANY)]
    dates: dict[str, Any] = {"start_date": "2026-11-24", "pbx_ids": ["allpbxes"]}
    account.on("/v2/pbxes", first(1, on_page("1", change)))
    account.on("/v2/pbxes", on_page("0", lambda request: list_page(request, "pbxList", account.pbxes)))
    run = read(account, "agent_summary", **dates)
    assert run.code == 0, messages(run)
    assert len({row["pbx"] for row in run.rows}) == MANY

    account.on("/v2/pbxes", on_page("1", change))
    run = read(account, "agent_summary", **dates)
    assert run.code == 1
    assert completed(run) == set()


@pytest.mark.parametrize(
    ("pbx_ids", "name"),
    [(["allpbxes"], {"name": None}), (["allpbxes"], {"name": ""}), (["alpha", "beta"], {})],
    ids=["null", "empty", "missing"],
)
def test_a_deleted_pbx_without_a_name_stops_no_queue_stream(
    account: Account, pbx_ids: list[str], name: dict[str, Any]
) -> None:
    account.pbxes.append({"id": "id-nameless", "deleted": True, **name})
    run = read(account, "call_queue_summary", "agent_summary", "sites", pbx_ids=pbx_ids)
    assert run.code == 0, messages(run)
    assert completed(run) == {"call_queue_summary", "agent_summary", "sites"}
    assert {row["pbx"] for row in rows_of(run, "call_queue_summary")} == {"alpha", "beta"}


@pytest.mark.parametrize("pbxes", [21, 3000])
def test_a_check_cuts_a_long_list_of_names(account: Account, pbxes: int) -> None:
    """It names twenty and counts the others."""
    names = [f"pbx-{i:04d}" for i in range(pbxes)]
    account.pbxes = [{"id": f"id-{name}", "name": name, "deleted": False} for name in names]
    run = within("check", account.config(pbx_ids=["nowhere"]))
    assert run.status["status"] == "FAILED"
    message = run.status["message"].replace(",", " ").replace(".", " ")
    shown = [name for name in names if name in message.split()]
    assert 1 <= len(shown) <= 20, f"{len(shown)} names in {len(message)} characters"
    counts = run.status["message"].replace(",", "")
    rest = pbxes - len(shown)
    assert str(rest) in counts or str(pbxes) in counts or (rest == 1 and "one" in counts)


CHILDREN = {"sites": "siteList", "call_queues": "queueList", "call_queue_agents": "agentList"}


def test_the_pbx_is_in_the_key_of_its_lists(account: Account) -> None:
    catalog = within("discover", account.config()).of("CATALOG")[0]["catalog"]
    found = {stream["name"]: stream for stream in catalog["streams"]}
    for name in CHILDREN:
        assert sorted(found[name]["source_defined_primary_key"]) == [["id"], ["pbxId"]], name
        kind = found[name]["json_schema"]["properties"]["pbxId"]["type"]
        assert "null" not in kind, "a null key never matches in a merge"


@pytest.mark.parametrize("of_pbx", [{}, {"pbxId": None}], ids=["missing", "null"])
def test_an_id_that_two_pbxes_use_makes_two_rows(account: Account, of_pbx: dict[str, Any]) -> None:
    """Also where 8x8 does not say which PBX an entry belongs to."""
    for stream, name in CHILDREN.items():
        path = stream.rpartition("_")[2]
        account.on(f"/{path}", partial(list_page, name=name, rows=[{"id": "x1", "deleted": False, **of_pbx}]))
    run = read(account, *CHILDREN)
    assert run.code == 0, messages(run)
    assert warnings(run) == []
    for stream in CHILDREN:
        keys = sorted((row["pbxId"], row["id"]) for row in rows_of(run, stream))
        assert keys == [("id-alpha", "x1"), ("id-beta", "x1")]
