"""How many lines about single messages are written."""

from __future__ import annotations

import logging

from algo_service.rpc.line_limit import MAX_LINES, LineLimit


def test_of_a_flood_ten_lines_in_a_second_are_warnings_and_the_rest_is_of_the_level_debug() -> None:
    now = 5000.0
    limit = LineLimit(lambda: now)
    assert [limit.next() for _ in range(1000)].count(logging.WARNING) == MAX_LINES == 10
    now += 0.5
    assert limit.next() == logging.DEBUG
    now += 0.5
    assert [limit.next() for _ in range(11)] == [logging.WARNING] * 10 + [logging.DEBUG]
