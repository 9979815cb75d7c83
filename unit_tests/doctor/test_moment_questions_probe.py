"""Which call is looked for in which windows, and what the windows show."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import pytest

from source_8x8_work_analytics.doctor.findings import Outcome
from source_8x8_work_analytics.doctor.moment_questions import (
    COARSE,
    LATE_CALLS,
    MOVED_CALLS,
    NEXT_MIDNIGHT,
    NO_SAMPLE,
    CallLegsTime,
    CallRecordsTime,
    EndTime,
    Probe,
    Sample,
    moments_of,
)
from source_8x8_work_analytics.doctor.observations import (
    EXTENSIONS,
    LEGS,
    QUEUE_CALLS,
    RECORDS,
    Observations,
    Reply,
    Request,
    Unsettled,
)
from source_8x8_work_analytics.reports.rows import Row
from unit_tests.doctor.observed import account, account_with_days

NOON = int(datetime(2026, 11, 18, 17, tzinfo=timezone.utc).timestamp()) * 1000
"""Noon in New York, as epoch milliseconds."""
NAMES = {
    RECORDS: ("startTimeUTC", "connectTimeUTC", "disconnectedTimeUTC"),
    LEGS: ("startTimeUTC", "connectTimeUTC", "disconnectedTimeUTC"),
    QUEUE_CALLS: ("startTime", "connectedTime", "stopTime"),
}


def call(key: str, start: int, connect: int, disconnect: int, stream: str = RECORDS, **more: Any) -> Row:
    """Return a call of extension 1001, with moments in milliseconds after noon."""
    times = dict(zip(NAMES[stream], (NOON + start, NOON + connect, NOON + disconnect), strict=True))
    return {"callId": key, "legId": "1", "caller": "+1555", "callee": "1001", **times, **more}


def leg(key: str, start: int, connect: int, disconnect: int, **more: Any) -> Row:
    return call(key, start, connect, disconnect, LEGS, **more)


def queue_call(key: str, start: int, connect: int, disconnect: int) -> Row:
    return call(key, start, connect, disconnect, QUEUE_CALLS)


def inclusive(moment: int, end: int) -> bool:
    return moment < end + 1000


def exclusive(moment: int, end: int) -> bool:
    return moment < end


def to_the_millisecond(moment: int, end: int) -> bool:
    return moment <= end


def coarse(_: int, __: int) -> bool:
    return True


@dataclass
class Server:
    """Responds to requests for calls: pages have all rows, and windows those whose moment they cover."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    older: list[Row] = field(default_factory=list)
    """The rows of the second of the older pages, of either stream."""
    moment: int = 2
    covers: Callable[[int, int], bool] = inclusive
    failing: str = ""
    """The end of a window that fails, in seconds after noon."""

    def reply(self, request: Request) -> Reply:
        params = dict(request.params)
        first, last = (
            datetime.fromisoformat(params.get(name) or params[other].removesuffix("Z"))
            for name, other in (("startTime", "startDate"), ("endTime", "endDate"))
        )
        if params.get("pageSize") == "7000":
            return Reply(200, self.older if f"{first:%m-%d}" == "09-25" else [])
        if (last - first).seconds > 60:
            return Reply(200, self.rows.get(request.stream, []))
        if f"{last:%M:%S}" == self.failing:
            return Reply(503, problem="HTTP 503")
        start, end = (int(at.replace(tzinfo=timezone.utc).timestamp()) * 1000 for at in (first, last))
        source = RECORDS if request.stream == EXTENSIONS else request.stream
        moments = [(row, row.get(NAMES[source][self.moment])) for row in (*self.rows[source], *self.older)]
        rows = [row for row, at in moments if at and start <= at and self.covers(at, end)]
        if request.stream == EXTENSIONS:
            rows = [{"Extension": row["callee"], "Inbound_Total": 1} for row in rows]
        return Reply(200, rows)

    def explore(self, asks: Callable[[Observations], list[Request]]) -> Observations:
        """Respond to requests until there are no more of them."""
        seen = account_with_days("501")
        week = seen.week_request(EXTENSIONS)
        extensions = [{"Extension": number, "Inbound_Total": 1} for number in ("1001", "1002")]
        seen.replies[week] = Reply(200, extensions)
        seen.replies.setdefault(seen.week_calls(LEGS), Reply(200, self.rows.get(LEGS, [])))
        while new := [request for request in asks(seen) if request not in seen.replies]:
            seen.replies |= {request: self.reply(request) for request in new}
        return seen

    def probe(self, stream: str) -> Probe:
        return Probe(self.explore(lambda seen: Probe(seen, stream).requests()), stream)


def windows(probe: Probe) -> list[str]:
    """Return the first and last minute and second of the windows that were requested, in this order."""
    found = [dict(r.params) for r in probe.seen.of_stream(probe.stream)]
    short = [(p.get("startTime") or p["startDate"], p.get("endTime") or p["endDate"]) for p in found]
    return [f"{first[14:19]} {last[14:19]}" for first, last in short if first[:13] == last[:13]]


@pytest.mark.parametrize(
    ("row", "stream", "moments"),
    [
        (
            {"startTimeUTC": 1, "connectTimeUTC": "2", "disconnectedTimeUTC": 3.0, "startTime": 9},
            RECORDS,
            {"start": 1, "connect": 2, "disconnect": 3},
        ),
        ({"startTimeUTC": 0, "connectTimeUTC": None, "disconnectedTimeUTC": 3}, LEGS, {"disconnect": 3}),
        (
            {"startTime": 1, "connectedTime": 2, "stopTime": 3, "startTimeUTC": 9},
            QUEUE_CALLS,
            {"start": 1, "connect": 2, "disconnect": 3},
        ),
    ],
)
def test_moments_that_a_call_has(row: Row, stream: str, moments: dict[str, int]) -> None:
    assert moments_of(row, stream) == moments


@pytest.mark.parametrize(
    ("moments", "quality"),
    [
        ((1, 8_001, 16_001), (3, True, True)),
        ((1_001, 9_000, 17_000), (1, True, False)),
        ((1_000, 9_000, 16_999), (1, True, False)),
        ((1_000, 9_000, 17_000), (0, True, True)),
    ],
)
def test_the_quality_of_a_sample(moments: tuple[int, int, int], quality: tuple[int, bool, bool]) -> None:
    named = dict(zip(("start", "connect", "disconnect"), moments, strict=True))
    assert Sample(("1",), "", named, single=True).quality == quality


def test_pages_are_the_week_and_four_months() -> None:
    seen = account_with_days("501")
    older = [
        seen.report(RECORDS, f"2026-{first} 00:00:00", f"2026-{last} 23:59:59", pageSize="7000")
        for first, last in (
            ("10-25", "11-23"),
            ("09-25", "10-24"),
            ("08-26", "09-24"),
            ("07-27", "08-25"),
        )
    ]
    assert Probe(seen, RECORDS).pages() == [seen.week_calls(RECORDS), *older]
    assert Probe(seen, EXTENSIONS).pages() == Probe(seen, RECORDS).pages()
    assert Probe(seen, LEGS).pages()[0] == seen.week_calls(LEGS)
    (queue_page,) = Probe(seen, QUEUE_CALLS).pages()
    assert dict(queue_page.params)["startDate"] == "2026-11-18T00:00:00Z"
    assert dict(queue_page.params)["endDate"] == "2026-11-18T23:59:59Z"


@pytest.mark.parametrize(
    ("rows", "key"),
    [
        ([call("a", 0, 3_999, 9_000), call("b", 0, 4_000, 7_999)], None),
        ([call("a", 0, 4_000, 8_000)], "a"),
        ([{**call("a", 0, 4_000, 9_000), "startTimeUTC": None}], None),
        ([call("a", 0, 4_000, 8_000), call("b", 0, 4_001, 8_001), call("c", 0, 4_001, 8_001)], "b"),
        ([call("a", 0, 8_000, 16_000), call("b", 0, 4_000, 8_001)], "b"),
        ([call("a", 0, 4_000, 8_000), call("b", 0, 8_000, 16_000)], "b"),
        ([call("a", 0, 9_000, 18_000, legId="2"), call("b", 0, 4_000, 8_000)], "b"),
        ([call("a", 0, 9_000, 18_000, callLegCount=2), call("b", 0, 4_000, 8_000, callLegCount=1)], "b"),
        ([{"callId": "a"}, call("a", 0, 9_000, 18_000), call("b", 0, 4_000, 8_000)], "b"),
        ([call("a", 0, 4_000, 8_000), {**call("b", 0, 9_000, 18_000), "callLegCount": "1"}], "b"),
    ],
)
@pytest.mark.parametrize("stream", [RECORDS, LEGS])
def test_the_most_useful_call_is_looked_for(stream: str, rows: list[Row], key: str | None) -> None:
    sample = Server({stream: rows}).probe(stream).sample()
    wanted = (key, "1") if stream == LEGS else (key,)
    assert (sample and sample.key) == (wanted if key else None)


def test_a_leg_without_an_id_is_the_first_of_its_call() -> None:
    without = call("b", 0, 9_000, 18_000)
    del without["legId"]
    sample = Server({RECORDS: [call("a", 0, 9_000, 18_000, callLegCount=2), without]}).probe(RECORDS).sample()
    assert sample == Sample(
        ("b",),
        "",
        {"start": NOON, "connect": NOON + 9_000, "disconnect": NOON + 18_000},
        single=True,
    )


@pytest.mark.parametrize(
    ("rows", "legs", "key"),
    [
        ([], [], "quiet"),
        ([call("x", 48_000, 48_000, 50_000)], [], "quiet"),
        ([call("x", 47_999, 48_000, 50_000)], [], None),
        ([], [leg("x", 47_999, 48_000, 50_000)], None),
        ([call("x", -40_000, -40_000, -30_000)], [], "quiet"),
        ([call("x", -40_000, -40_000, -29_999)], [], None),
        ([call("x", -40_000, -40_000, 60_000, callee="1002")], [], "quiet"),
        ([call("x", -40_000, -40_000, 60_000, caller="1001", callee="+1555")], [], None),
        ([call("x", 0, 0, 60_000, callee="+1556", caller="+1557")], [], "quiet"),
        ([], [leg("quiet", 0, 0, 60_000)], "quiet"),
        ([{**call("x", 0, 0, 1_000), "startTimeUTC": None}], [], None),
        ([{**call("x", 0, 0, 1_000), "disconnectedTimeUTC": None}], [], "quiet"),
        ([call("x", 900_000, 905_000, 910_001)], [], "x"),
    ],
)
def test_an_extension_is_looked_at_where_it_has_no_other_call(
    rows: list[Row], legs: list[Row], key: str | None
) -> None:
    found = Server({RECORDS: [call("quiet", 0, 9_000, 18_000), *rows], LEGS: legs})
    sample = found.probe(EXTENSIONS).sample()
    assert (sample and (sample.key, sample.extension)) == (((key,), "1001") if key else None)


@pytest.mark.parametrize(
    ("parties", "extension"),
    [
        ({"caller": "1002", "callee": "+1555"}, "1002"),
        ({"caller": "1002", "callee": "1001"}, None),
        ({"caller": "+1555", "callee": "+1556"}, None),
    ],
)
def test_an_extension_is_looked_at_for_a_call_with_the_outside(
    parties: dict[str, str], extension: str | None
) -> None:
    sample = Server({RECORDS: [call("a", 0, 9_000, 18_000, **parties)]}).probe(EXTENSIONS).sample()
    assert (sample and sample.extension) == extension


@pytest.mark.parametrize("stream", [RECORDS, LEGS, QUEUE_CALLS])
@pytest.mark.parametrize(("moment", "name"), enumerate(["start", "connect", "disconnect"]))
def test_the_moment_whose_windows_have_the_call_decides(stream: str, moment: int, name: str) -> None:
    rows = [call("a", 60_100, 69_200, 78_300, stream), call("b", 69_000, 70_000, 71_000, stream)]
    probe = Server({stream: rows}, moment=moment).probe(stream)
    ends = {"start": "00:57 01:00", "connect": "01:06 01:09", "disconnect": "01:15 01:18"}
    before = {"start": "00:57 00:59", "connect": "01:06 01:08", "disconnect": "01:15 01:17"}
    around = ["00:59 01:02", "01:08 01:11", "01:17 01:20"]
    assert probe.deciding() == [name]
    assert windows(probe) == [*around, ends[name], before[name]]
    assert probe.end() == "inclusive"


@pytest.mark.usefixtures("_local_time")
def test_the_windows_of_a_stream_have_its_parameters() -> None:
    rows = [call("a", 60_100, 69_200, 78_300)]
    legs, records, queues = (
        Server({stream: [call("a", 60_100, 69_200, 78_300, stream)]}).probe(stream)
        for stream in (LEGS, RECORDS, QUEUE_CALLS)
    )
    extensions = Server({RECORDS: rows}).probe(EXTENSIONS)
    bounds = ("2026-11-18 17:00:59", "2026-11-18 17:01:02", "UTC")
    for probe, more in ((legs, {"pageSize": "500"}), (records, {"pageSize": "500"}), (extensions, {})):
        sample = probe.sample()
        assert sample
        assert probe.around(sample)["start"] == probe.seen.report(probe.stream, *bounds, **more)
    sample = queues.sample()
    assert sample
    start, end = (datetime(2026, 11, 18, 17, *at, tzinfo=timezone.utc) for at in ((0, 59), (1, 2)))
    assert queues.around(sample)["start"] == queues.seen.by_id(QUEUE_CALLS, start, end)


WITHIN, WHOLE = (60_100, 69_200, 78_300), (180_000, 189_000, 198_000)
OTHER_WITHIN = (240_000, 241_000, 242_500)
OTHER_WHOLE = (240_100, 241_100, 242_000)


@pytest.mark.parametrize(
    ("rows", "covers", "end", "more"),
    [
        ([WITHIN], inclusive, "inclusive", 0),
        ([WITHIN], exclusive, "not inclusive", 0),
        ([WITHIN, OTHER_WITHIN], to_the_millisecond, "not inclusive", 0),
        ([WITHIN, OTHER_WHOLE], to_the_millisecond, "to the millisecond", 2),
        ([WITHIN, OTHER_WHOLE], exclusive, "exclusive", 2),
        ([WHOLE], exclusive, "exclusive", 0),
        ([WHOLE, OTHER_WITHIN], exclusive, "exclusive", 0),
        ([WHOLE], inclusive, "inclusive", 0),
        ([WHOLE, OTHER_WHOLE], inclusive, "inclusive", 0),
        ([WHOLE, OTHER_WITHIN], inclusive, "inclusive", 2),
        ([WHOLE, OTHER_WITHIN], to_the_millisecond, "to the millisecond", 2),
    ],
)
def test_moments_within_a_second_and_at_a_whole_one_tell_how_far_an_end_reaches(
    rows: list[tuple[int, int, int]],
    covers: Callable[[int, int], bool],
    end: str,
    more: int,
) -> None:
    probe = Server({LEGS: [leg(str(at), *at) for at in rows]}, covers=covers).probe(LEGS)
    assert probe.end() == end
    assert len(windows(probe)) == 5 + more
    assert windows(probe)[5:] == ["03:59 04:02", "03:59 04:01"][:more]


@pytest.mark.parametrize(
    ("older", "end", "pages"),
    [([], "not inclusive", 4), ([leg("b", *OTHER_WHOLE)], "exclusive", 2)],
)
def test_a_leg_at_a_whole_second_is_looked_for_in_older_pages(older: list[Row], end: str, pages: int) -> None:
    records_of_both_kinds = [call("a", *WITHIN), call("b", *OTHER_WHOLE)]
    server = Server({LEGS: [leg("a", *WITHIN)], RECORDS: records_of_both_kinds}, older, covers=exclusive)
    probe = server.probe(LEGS)
    assert probe.end() == end
    assert sum(("pageSize", "7000") in request.params for request in probe.seen.replies) == pages
    records = server.probe(RECORDS)
    assert records.end() == "not inclusive"
    assert len(windows(records)) == 5
    assert not [request for request in records.seen.replies if ("pageSize", "7000") in request.params]


@pytest.mark.parametrize("stream", [RECORDS, LEGS, EXTENSIONS])
def test_a_call_is_looked_for_in_one_older_page_after_the_other(stream: str) -> None:
    probe = Server({RECORDS: [], LEGS: []}, [call("a", *WITHIN)]).probe(stream)
    sample = probe.sample()
    assert sample
    assert sample.key[0] == "a"
    assert sum(("pageSize", "7000") in request.params for request in probe.seen.replies) == 2
    assert probe.end() == "inclusive"


@pytest.mark.parametrize(
    ("failing", "deciding"),
    [("01:20", []), ("01:11", []), ("01:18", ["disconnect"]), ("01:17", ["disconnect"])],
)
def test_a_window_that_fails_leaves_the_end_open(failing: str, deciding: list[str]) -> None:
    probe = Server({RECORDS: [call("a", *WITHIN)]}, failing=failing).probe(RECORDS)
    assert probe.end() == ""
    assert probe.deciding() == deciding


def test_windows_that_are_not_exact_leave_the_end_open() -> None:
    server = Server({RECORDS: [call("a", *WITHIN)]}, covers=coarse)
    probe = server.probe(RECORDS)
    assert probe.deciding() == ["start", "connect", "disconnect"]
    assert probe.end() == ""
    assert len(windows(probe)) == 3
    moments = CallRecordsTime().judge(probe.seen)
    assert (moments.seen, moments.verdict) == ("start and connect and disconnect", "contradicted")


def test_a_call_that_is_in_the_window_before_as_well_leaves_the_end_open() -> None:
    late = Server({RECORDS: [call("a", *WITHIN)]}, covers=lambda moment, end: moment < end + 2_000)
    assert late.probe(RECORDS).end() == ""


def test_an_extension_without_calls_is_not_in_a_window() -> None:
    probe = Server({RECORDS: [call("a", *WITHIN)]}).probe(EXTENSIONS)
    assert (probe.deciding(), probe.end()) == (["disconnect"], "inclusive")
    replies = probe.seen.replies
    short = [request for request in probe.seen.of_stream(EXTENSIONS) if ("timeZone", "UTC") in request.params]
    for rows in ([{"Extension": "1001", "Inbound_Total": 0}], [{"Extension": "1002", "Inbound_Total": 1}]):
        replies |= {request: Reply(200, rows) for request in short}
        assert probe.deciding() == []


EVIDENCE = "one call, searched for in 4-second windows around start, connect, disconnect"


@pytest.mark.parametrize(
    ("question", "stream"), [(CallRecordsTime(), RECORDS), (CallLegsTime(), LEGS)], ids=["records", "legs"]
)
@pytest.mark.parametrize(
    ("moment", "outcome"),
    [
        (0, Outcome("start", "contradicted", EVIDENCE, LATE_CALLS)),
        (1, Outcome("connect", "contradicted", EVIDENCE, LATE_CALLS)),
        (2, Outcome("disconnect", "holds", EVIDENCE)),
    ],
)
def test_the_moment_that_decides(
    question: CallRecordsTime, stream: str, moment: int, outcome: Outcome
) -> None:
    server = Server({stream: [call("a", *WITHIN)]}, moment=moment)
    assert question.judge(server.explore(question.requests)) == outcome


def test_two_moments_that_decide_are_both_named() -> None:
    server = Server({RECORDS: [call("a", *WITHIN)]}, moment=0)
    seen = server.explore(CallRecordsTime().requests)
    sample = Probe(seen, RECORDS).sample()
    assert sample
    seen.replies[Probe(seen, RECORDS).around(sample)["disconnect"]] = Reply(200, [call("a", *WITHIN)])
    outcome = Outcome("start and disconnect", "contradicted", EVIDENCE, MOVED_CALLS)
    assert CallRecordsTime().judge(seen) == outcome


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        (Server({RECORDS: []}), NO_SAMPLE),
        (Server({RECORDS: [call("a", *WITHIN)]}, failing="01:11"), "HTTP 503"),
        (
            Server({RECORDS: [call("a", *WITHIN)]}, covers=lambda *_: False),
            "none of the windows around the call's start, connect and disconnect contains it",
        ),
    ],
    ids=["no sample", "failed", "nowhere"],
)
def test_a_moment_that_is_not_found_leaves_the_question_open(replies: Server, reason: str) -> None:
    seen = replies.explore(CallRecordsTime().requests)
    assert CallRecordsTime().judge(seen) == Outcome("", "unknown", reason)


def test_a_page_that_failed_is_the_reason() -> None:
    seen = account_with_days()
    seen.replies |= {page: Reply(400, problem="HTTP 400") for page in Probe(seen, RECORDS).pages()[:1]}
    assert CallRecordsTime().judge(seen) == Outcome("", "unknown", "HTTP 400")


def test_without_a_page_there_is_no_sample() -> None:
    with pytest.raises(Unsettled, match=NO_SAMPLE):
        Probe(account(), QUEUE_CALLS).require_moment()


SHORT = (0, 0, 0)


def apart(streams: str) -> str:
    return (
        f'Load {streams} in a separate connection with "window_end": "next_midnight"; otherwise, calls '
        "in the last second of a day are lost. Leave the other streams as they are."
    )


@pytest.mark.parametrize(
    ("legs", "records", "queues", "covers", "outcome"),
    [
        (
            [WITHIN],
            [WITHIN],
            [WITHIN],
            inclusive,
            Outcome(
                "inclusive",
                "holds",
                "call_legs: inclusive, call_records: inclusive, extension_summary: inclusive, "
                "queue_calls: inclusive",
            ),
        ),
        (
            [WHOLE],
            [SHORT],
            [WITHIN],
            exclusive,
            Outcome(
                "exclusive",
                "contradicted",
                "call_legs: exclusive, queue_calls: not inclusive; "
                "not known for call_records, extension_summary",
                NEXT_MIDNIGHT,
            ),
        ),
        (
            [WITHIN, OTHER_WHOLE],
            [SHORT],
            [WHOLE],
            to_the_millisecond,
            Outcome(
                "to the millisecond",
                "contradicted",
                "call_legs: to the millisecond, queue_calls: inclusive; "
                "not known for call_records, extension_summary",
                apart("call_legs"),
            ),
        ),
        (
            [WITHIN, OTHER_WHOLE],
            [WITHIN],
            [WHOLE],
            to_the_millisecond,
            Outcome(
                "to the millisecond",
                "contradicted",
                "call_legs: to the millisecond, call_records: not inclusive, "
                "extension_summary: not inclusive, queue_calls: inclusive",
                apart("call_legs and call_records and extension_summary"),
            ),
        ),
        (
            [WITHIN],
            [SHORT],
            [WITHIN],
            exclusive,
            Outcome(
                "exclusive",
                "contradicted",
                "call_legs: not inclusive, queue_calls: not inclusive; "
                "not known for call_records, extension_summary; "
                'it may be "to the millisecond": no call at a whole second was found',
                NEXT_MIDNIGHT,
            ),
        ),
        ([SHORT], [SHORT], [SHORT], inclusive, Outcome("", "unknown", NO_SAMPLE)),
        ([WITHIN], [SHORT], [SHORT], coarse, Outcome("", "unknown", COARSE)),
    ],
    ids=[
        *("inclusive", "exclusive", "to the millisecond", "in three streams", "not inclusive"),
        *("no sample", "coarse"),
    ],
)
def test_what_an_end_time_includes(
    legs: list[tuple[int, int, int]],
    records: list[tuple[int, int, int]],
    queues: list[tuple[int, int, int]],
    covers: Callable[[int, int], bool],
    outcome: Outcome,
) -> None:
    rows = {
        LEGS: [leg(str(at), *at) for at in legs],
        RECORDS: [call(str(at), *at) for at in records],
        QUEUE_CALLS: [queue_call(str(at), *at) for at in queues],
    }
    seen = Server(rows, covers=covers).explore(EndTime().requests)
    assert EndTime().judge(seen) == outcome
