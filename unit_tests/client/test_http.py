"""Sending one request: what goes out, what comes back, and what is raised."""

import io
import logging
from datetime import timedelta
from typing import Any

import pytest
import requests
import requests_mock as rm
import urllib3

from source_8x8_work_analytics import __version__, clock, messages
from source_8x8_work_analytics.client import http as module
from source_8x8_work_analytics.client.connections import Adapter
from source_8x8_work_analytics.client.http import CONNECT_TIMEOUT, READ_TIMEOUT, Http
from source_8x8_work_analytics.errors import ConnectorError, RetryableError
from unit_tests.conftest import NOW

URL = "https://api.8x8.com/analytics/work/v2/extsum"


class Signed(requests.auth.AuthBase):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = "Bearer unit-test-token-abcdefgh"
        return request


def send(http: Http | None = None, url: str = URL, **parts: Any) -> module.Response:
    return (http or Http(2)).send("GET", url, Signed(), **parts)


def test_response_has_what_came_back(api: rm.Mocker, waits: list[float]) -> None:
    report = api.get(URL, content=b"[1]", status_code=418, headers={"Retry-After": "7"})
    found = send(params={"pbxId": "acme corp"})
    assert (found.status, found.body, found.headers["retry-after"]) == (418, b"[1]", "7")
    assert found.authorization == "Bearer unit-test-token-abcdefgh"
    assert (found.sent, found.sent_at) == (NOW, 1000.0)
    assert 0 <= found.seconds < 60
    sent = report.last_request
    assert sent
    assert sent.qs == {"pbxid": ["acme corp"]}
    assert sent.headers["User-Agent"] == f"source-8x8-work-analytics/{__version__}"


def test_request_that_is_not_signed_has_no_authorization(api: rm.Mocker) -> None:
    api.get(URL)
    assert Http(1).send("GET", URL, lambda request: request).authorization == "None"


def test_response_shows_neither_body_nor_token(api: rm.Mocker) -> None:
    api.get(URL, text="Jane Doe")
    assert "Jane" not in repr(send())
    assert "token" not in repr(send())


def test_moment_of_a_request_is_that_after_it_was_signed(
    api: rm.Mocker, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    moments = [NOW]
    monkeypatch.setattr(clock, "now", lambda: moments[-1])

    class Slow(Signed):
        def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
            waits.append(600.0)
            moments.append(NOW.add(minutes=10))
            return super().__call__(request)

    def report(*_: Any) -> list[Any]:
        waits.append(5.0)
        moments.append(NOW.add(minutes=11))
        return []

    api.get(URL, json=report)
    found = Http(1).send("GET", URL, Slow())
    assert (found.sent, found.sent_at) == (NOW + timedelta(minutes=10), 1600.0)


def test_requests_have_timeouts_and_are_not_redirected(api: rm.Mocker) -> None:
    report = api.get(URL, status_code=302, headers={"Location": "https://evil.example/"})
    found = send()
    assert (found.status, report.call_count) == (302, 1)
    assert (CONNECT_TIMEOUT, READ_TIMEOUT) == (10.0, 300.0)
    send(Http(2, read_timeout=5.0))
    timeouts: list[Any] = [request.timeout for request in report.request_history]
    assert timeouts == [(10.0, 300.0), (10.0, 5.0)]


def test_redirect_to_what_is_not_an_address_is_returned_as_well(api: rm.Mocker) -> None:
    api.get(URL, status_code=302, headers={"Location": "http://[nowhere"})
    assert send().status == 302


@pytest.mark.parametrize(("size", "accepted"), [(2 * 2**20, True), (2 * 2**20 + 1, False)])
def test_size_of_a_response_is_bounded(
    api: rm.Mocker, monkeypatch: pytest.MonkeyPatch, size: int, accepted: bool
) -> None:
    monkeypatch.setattr(module, "LARGEST_RESPONSE", 2 * 2**20)
    api.get(URL, content=b"x" * size)
    if accepted:
        assert len(send().body) == size
        return
    with pytest.raises(RetryableError) as failed:
        send(requested="the sign-in")
    assert failed.value.problem is messages.RESPONSE_TOO_LARGE
    assert failed.value.values["requested"] == "the sign-in"


def test_largest_response_is_named_in_gibibytes(api: rm.Mocker, monkeypatch: pytest.MonkeyPatch) -> None:
    assert module.LARGEST_RESPONSE == 2**30
    huge = type("Huge", (bytes,), {"__len__": lambda _: 2**30 + 1})(b"x")
    monkeypatch.setattr(requests.Response, "iter_content", lambda *_: iter([huge]))
    api.get(URL)
    with pytest.raises(RetryableError) as failed:
        send()
    assert str(failed.value) == "8x8 sent more than 1 GiB for the report"


@pytest.mark.parametrize(
    ("length", "accepted"),
    [
        ("3", True),
        ("3, 3", True),
        ("3,3", True),
        (" 3 ", True),
        ("many", False),
        ("3, many", False),
        ("-3", False),
    ],
)
def test_length_of_a_body_is_a_number(api: rm.Mocker, length: str, accepted: bool) -> None:
    api.get(URL, content=b"[1]", headers={"Content-Length": length})
    if accepted:
        assert send().body == b"[1]"
        return
    with pytest.raises(RetryableError) as failed:
        send(requested="the sign-in")
    assert failed.value.problem is messages.MALFORMED_RESPONSE
    assert failed.value.values == {"requested": "the sign-in"}


@pytest.mark.parametrize("url", [URL, "http://127.0.0.1:8808/x"])
def test_every_address_is_reached_by_our_adapter(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    sent: list[str | None] = []

    def response(_: Adapter, request: requests.PreparedRequest, **__: Any) -> requests.Response:
        sent.append(request.url)
        found = requests.Response()
        found.status_code, found.raw = 204, io.BytesIO()
        return found

    monkeypatch.setattr(Adapter, "send", response)
    assert send(url=url).status == 204
    assert sent == [url]


def test_response_is_read_in_large_pieces(api: rm.Mocker, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[Any] = []
    whole = requests.Response.iter_content

    def noted(self: requests.Response, size: int) -> Any:
        sizes.append(size)
        return whole(self, size)

    monkeypatch.setattr(requests.Response, "iter_content", noted)
    api.get(URL, content=b"x")
    send()
    assert sizes == [2**20]


@pytest.mark.parametrize("url", ["https://a..b/x", "https://:port/x", "https://[::1/x", "nothing"])
def test_request_that_cannot_be_built_is_a_config_error(url: str) -> None:
    with pytest.raises(ConnectorError) as failed:
        send(url=url)
    assert failed.value.problem is messages.CANNOT_BUILD_REQUEST
    assert failed.value.service_wide


def test_failure_of_the_sign_in_is_raised_as_it_is() -> None:
    error = ConnectorError(messages.LOGIN_REJECTED, details="HTTP 400")

    class Rejected(requests.auth.AuthBase):
        def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
            raise error

    with pytest.raises(ConnectorError) as failed:
        Http(1).send("GET", URL, Rejected())
    assert failed.value is error


def test_network_failure_is_explained(api: rm.Mocker) -> None:
    api.get(URL, exc=requests.exceptions.ReadTimeout)
    with pytest.raises(RetryableError, match="did not send the sign-in in time") as failed:
        send(requested="the sign-in")
    assert failed.value.problem is messages.TIMED_OUT
    assert failed.value.__suppress_context__, "its text may quote the URL"


def test_failure_names_the_host(api: rm.Mocker) -> None:
    api.get(URL, exc=requests.exceptions.ConnectTimeout)
    with pytest.raises(RetryableError) as failed:
        send()
    assert failed.value.values == {"host": "api.8x8.com"}


@pytest.mark.parametrize(
    ("seconds", "problem"), [(CONNECT_TIMEOUT, messages.PROXY_TIMED_OUT), (READ_TIMEOUT, messages.TIMED_OUT)]
)
def test_timeout_of_a_proxy_is_told_by_its_seconds(
    api: rm.Mocker, seconds: float, problem: messages.Message
) -> None:
    api.get(URL, exc=requests.exceptions.ReadTimeout(f"Read timed out. (read timeout={seconds})"))
    with pytest.raises(RetryableError) as failed:
        send()
    assert failed.value.problem is problem


def test_environment_is_read_once_for_each_host(api: rm.Mocker, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    whole = requests.Session.merge_environment_settings

    def noted(self: requests.Session, url: str, *args: Any) -> Any:
        read.append(url)
        return whole(self, url, *args)

    monkeypatch.setattr(requests.Session, "merge_environment_settings", noted)
    api.get(rm.ANY)
    http = Http(1)
    for url in (URL, f"{URL}?pbxId=x", "https://other.example/x", "http://127.0.0.1/x", URL):
        send(http, url)
    assert read == ["https://api.8x8.com", "https://other.example", "http://127.0.0.1"]


def test_proxy_of_the_environment_is_used_for_https_only(
    api: rm.Mocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
    for name in ("NO_PROXY", "no_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    report = api.get(rm.ANY)
    send()
    assert report.last_request
    assert "http://proxy.example:3128" in report.last_request.proxies.values()
    assert report.last_request.verify is True
    send(url="http://127.0.0.1/x")
    assert report.last_request.proxies == {}


def test_debug_line_names_the_request_and_no_parameters(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "airbyte")
    api.get(URL, text="Jane Doe")
    send(params={"pbxId": "acmecorp"})
    (line,) = caplog.messages
    assert line.startswith(f"GET {URL}: HTTP 200 in ")
    assert line.endswith(" s, 8 bytes")


def test_warnings_of_urllib3_are_silent() -> None:
    """They quote URLs and headers."""
    assert urllib3.connection
    for name in ("urllib3.connection", "urllib3.connectionpool"):
        assert not logging.getLogger(name).isEnabledFor(logging.ERROR)
