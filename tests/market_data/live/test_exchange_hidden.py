"""What an exchange says is shown without the secrets of --exchange-config."""

from __future__ import annotations

import ccxt
import pytest

from market_data.download.exchange import _sentence
from market_data.live.exchange.errors import reason_of

CONFIG = {
    "apiKey": "k3y/of+the account",
    "secret": "s3cret",
    "password": "p4ss",
    "headers": {"Authorization": "Bearer t0ken"},
    "httpsProxy": "http://ann:pr0xy%21@proxy.example:3128",
}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("no account k3y/of+the account", "no account ***"),
        ("GET https://x/?apiKey=k3y signature=1", "GET https://x/?… signature=1"),
        ("GET https://x/k3y%2Fof%2Bthe%20account/p4ss", "GET https://x/***/***"),
        ("407 of http://ann:pr0xy%21@proxy.example:3128, pr0xy!", "407 of http://***@proxy."),
        ("{'Authorization': 'Bearer t0ken'}", "{'Authorization': '***'}"),
        ("s3cret" * 100, "***"),
    ],
)
def test_no_sentence_has_a_secret_or_what_an_address_holds(said: str, shown: str) -> None:
    exchange = ccxt.binance(CONFIG)
    error = ccxt.AuthenticationError(said)
    for sentence in (reason_of(error, exchange), _sentence(error, exchange)):
        assert shown in sentence
        for secret in ("k3y", "s3cret", "p4ss", "t0ken", "pr0xy"):
            assert secret not in sentence


def test_an_error_before_there_is_an_exchange_is_a_sentence() -> None:
    assert reason_of(OSError("no way to https://x/?key=1"), None) == "no way to https://x/?…"
