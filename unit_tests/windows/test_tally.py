from typing import Any
from unittest.mock import Mock

from source_8x8_work_analytics.windows.counts import Count


def test_what_was_read_adds_up() -> None:
    count = Count(total=3)
    for rows, requests, repeated in ((3, 2, 0), (4, 1, 1)):
        read: Any = Mock(rows=rows, requests=requests, repeated=repeated)
        count.add("extension_summary", read)
    assert (count.windows, count.rows, count.requests, count.repeated) == (2, 7, 3, 1)
