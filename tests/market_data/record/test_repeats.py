"""What comes again is recognised by its bytes, if it has an id."""

from __future__ import annotations

import pytest

from market_data.record.repeats import Repeats, has_id


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b'{"sid":"GOOG","quote":1,"id":"a"}', True),
        (b'{"goog":1,"id":7}', True),
        (b'[{"sid":"GOOG","quote":1,"id":"a"},{"sid":"GOOG","quote":1,"id":"b"}]', True),
        (b'[{"sid":"GOOG","quote":1,"id":"a"},{"sid":"GOOG","quote":1}]', False),
        (b'{"sid":"GOOG","quote":1}', False),
        (b'{"sid":"GOOG","quote":1,"id":null}', False),
        (b"[]", False),
        (b"345", False),
        (b"\xff", False),
        (b"[" * 100_000, False),
    ],
)
def test_an_array_has_an_id_if_all_of_its_elements_have_one(payload: bytes, expected: bool) -> None:
    assert has_id(payload) == expected


def test_only_the_same_bytes_on_the_same_topic_with_an_id_are_a_repeat() -> None:
    repeats = Repeats()
    with_id, without = b'{"sid":"a","quote":1,"id":"1"}', b'{"sid":"a","quote":1}'
    assert repeats.is_new("quotes", with_id)
    assert not repeats.is_new("quotes", with_id)
    assert repeats.is_new("quotes/b", with_id)
    assert repeats.is_new("quotes", with_id.replace(b"1,", b"2,"))
    assert repeats.is_new("quotes", without)
    assert repeats.is_new("quotes", without)
    repeats.forget("quotes", with_id)
    assert repeats.is_new("quotes", with_id)


def test_the_oldest_are_forgotten() -> None:
    repeats = Repeats(2)
    payloads = [b'{"id":"%d"}' % number for number in range(3)]
    assert all(repeats.is_new("quotes", payload) for payload in payloads)
    assert repeats.is_new("quotes", payloads[0])
    assert not repeats.is_new("quotes", payloads[2])
