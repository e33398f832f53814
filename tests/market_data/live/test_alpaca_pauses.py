"""The pause that Alpaca's history asks for."""

from __future__ import annotations

from email.message import Message

import pytest

from market_data.live.alpaca.history import MAX_PAUSE, _pause


@pytest.mark.parametrize(
    ("written", "pause"),
    [
        ("2", 2.0),
        ("-1", 0.0),
        ("nan", 0.0),
        ("inf", MAX_PAUSE),
        ("1e300", MAX_PAUSE),
        ("soon", None),
    ],
)
def test_a_pause_is_bounded_whatever_the_answer_says(written: str, pause: float | None) -> None:
    headers = Message()
    headers["Retry-After"] = written
    assert _pause(headers) == pause
