"""What the source takes from the CDK."""

import logging

from source_8x8_work_analytics.check import CHECKED
from source_8x8_work_analytics.source import Source8x8WorkAnalytics, message_repository_of
from testing.builders import config


def test_the_cdk_still_has_the_queue_that_state_goes_through() -> None:
    repository = message_repository_of(Source8x8WorkAnalytics(config=config()))
    assert hasattr(repository, "emit_message")
    assert hasattr(repository, "consume_queue")


def test_a_check_builds_only_the_streams_that_it_reads() -> None:
    source = Source8x8WorkAnalytics(config=config(), streams=CHECKED)
    assert {stream.name for stream in source.manifest_streams()} == set(CHECKED)


def test_a_full_refresh_starts_anew_at_each_attempt() -> None:
    streams = Source8x8WorkAnalytics(config=config()).discover(logging.getLogger("x"), config()).streams
    assert [stream.name for stream in streams if stream.is_resumable] == []
    assert len(streams) >= 10


def test_the_configuration_is_written_nowhere(tmp_path: object) -> None:
    source = Source8x8WorkAnalytics(config=config())
    assert source.configure(config(), str(tmp_path)) == config()
    assert list(tmp_path.iterdir()) == []  # type: ignore[attr-defined]
