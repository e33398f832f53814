"""`algo-service trace`: what became of one input, by its journal."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from algo_service import Engine
from algo_service.commands.main import cli
from algo_service.errors import AddressError, JournalError, TraceError
from algo_service.journal.sqlite import SqliteStore
from algo_service.journal.store import CallTimes
from algo_service.publications import Publications
from algo_service.rpc.times import call_times
from algo_service.trace import command
from algo_service.trace.command import of_journal
from algo_service.trace.text import duration, lines
from portfolio import Portfolio
from tests.support.processes import ROOT, free_port

JOURNALS = Path(__file__).parent / "journals"
SCHEMA = Draft202012Validator(json.loads((ROOT / "contracts" / "trace.schema.json").read_text()))
T = 1_700_000_000.0
"""2023-11-14T22:13:20Z, when the first call came."""


class Buyer:
    """Buys for what a quote says; publishes and fails as it says."""

    def initialize(self, params: dict[str, Any]) -> list[str]:
        self.portfolio = Portfolio.from_params(params)
        self.publications = Publications()
        return ["quotes"]

    def event(self, data: dict[str, Any]) -> None:
        if data.get("fail"):
            raise ValueError("told to fail")
        if data.get("show"):
            self.publications.publish("signal", {"value": 1})
        if data.get("buy"):
            self.portfolio.buy(data, data["buy"])


class Journal:
    """A journal that calls of an engine write, at times that a test tells."""

    def __init__(self, path: Path, **params: Any):
        self.path = path
        self.now = T
        self.store = SqliteStore(path, "buyer", clock=lambda: self.now)
        self.engine = Engine(Buyer, "buyer", {}, seed=7, store=self.store)
        self.engine.initialize({"cash": 10_000, **params})

    def call(self, *inputs: dict[str, Any], at: float, took: float = 0.01, **times: Any) -> None:
        """One call of `events`: it comes at a time after T, and is decided after `took`."""
        self.now = T + at + took
        self.store.note_call(CallTimes(**times))
        self.engine.decide([dict(each) for each in inputs], T + at)

    def trace(self, name: str) -> dict[str, Any]:
        (found,) = of_journal(self.path, name)
        SCHEMA.validate(json.loads(json.dumps(found)))
        return found


@pytest.fixture
def journal(tmp_path: Path) -> Callable[..., Journal]:
    """Makes journals, and closes them."""
    return lambda **params: Journal(tmp_path / "buyer.db", **params)


def quote(name: str, price: float = 100.0, **fields: Any) -> dict[str, Any]:
    return {"sid": "GOOG", "quote": price, "id": name, "channel": "quotes", **fields}


def shown(trace: dict[str, Any]) -> str:
    return "\n".join(lines(trace))


def test_a_quote_is_followed_from_its_publishing_to_the_confirmation(
    journal: Callable[..., Journal],
) -> None:
    made = journal(fill="next")
    made.call(
        quote("a", buy=1000.0),
        at=0.0,
        received=(T - 0.005, T - 0.005),
        published={("quotes", "a"): T - 0.012},
    )
    made.call(quote("b", 110.0), at=1.5, received=(T + 1.4,) * 2, confirmed=[(1, T + 0.03)])
    found = made.trace("a")
    assert found["published"] == "2023-11-14T22:13:19.988Z"
    assert found["received"] == ["2023-11-14T22:13:19.995Z"] * 2
    assert found["called"] == "2023-11-14T22:13:20.000Z"
    assert found["decided"] == "2023-11-14T22:13:20.010Z"
    assert found["confirmed"] == "2023-11-14T22:13:20.030Z"
    text = shown(found)
    assert text.splitlines()[:8] == [
        "quote a on quotes: GOOG at 100.00",
        "decision 1 of buyer, alone in its call",
        "",
        "published  2023-11-14 22:13:19.988",
        "received   2023-11-14 22:13:19.995   +7 ms",
        "called     2023-11-14 22:13:20.000   +5 ms",
        "decided    2023-11-14 22:13:20.010   +10 ms",
        "confirmed  2023-11-14 22:13:20.030   +20 ms",
    ]
    assert "order buyer:quotes:a:0: buy 10 GOOG at 100.00 for 1,000.00" in text
    assert "filled 10 at 110.00 by b, decided 2023-11-14 22:13:21.510   +1.5 s" in text
    later = shown(made.trace("b"))
    assert "published  not known: the feed does not tell when it published this" in later
    assert "confirmed  not known: the broker has not confirmed it, or nobody has told" in later
    assert "fill of the order buyer:quotes:a:0: buy 10 GOOG at 110.00" in later
    assert "placed by a, decided 2023-11-14 22:13:20.010   -1.5 s" in later
    assert max(map(len, (text + later).splitlines())) <= 120


def test_of_several_messages_in_a_call_the_first_and_the_last_are_told(
    journal: Callable[..., Journal],
) -> None:
    made = journal()
    many = [quote(str(n)) for n in range(20)]
    made.call(*many, at=0.1, received=(T, T + 0.06), published={("quotes", "7"): T - 0.01})
    found = made.trace("7")
    assert found["inputs"] == 20
    assert found["published"] == "2023-11-14T22:13:19.990Z"
    assert "received   2023-11-14 22:13:20.000 to 22:13:20.060   +10 ms to +70 ms" in shown(found)
    assert "called     2023-11-14 22:13:20.100   +40 ms to +100 ms" in shown(found)
    assert made.trace("8")["published"] is None
    assert "nothing came of it: no order, no fill" in shown(made.trace("8"))


def test_the_quotes_of_one_message_were_published_together(
    journal: Callable[..., Journal],
) -> None:
    made = journal()
    many = [quote(str(n)) for n in range(6)]
    times = call_times({"published": [[1, 3, 1e3 * T], [4, 1, 1e3 * T + 5]]}, many)
    made.call(*many, at=0.1, **times._asdict())
    found = [made.trace(str(n))["published"] for n in range(6)]
    first, second = "2023-11-14T22:13:20.000Z", "2023-11-14T22:13:20.005Z"
    assert found == [None, first, first, first, second, None]
    with closing(sqlite3.connect(made.path)) as database:
        (rows,) = database.execute("SELECT count(*) FROM published").fetchone()
    assert rows == 2


def test_what_comes_again_keeps_the_times_of_its_first_decision(
    journal: Callable[..., Journal],
) -> None:
    """A bridge was killed after the decision, and the next one sends the quotes again."""
    made = journal()
    first = [quote("a", buy=100.0), quote("b")]
    made.call(*first, at=0.0, received=(T - 0.1, T), published={("quotes", "a"): T - 0.2})
    before = made.trace("a"), made.trace("b")
    again = {"received": (T + 5, T + 5), "published": {("quotes", each): T + 4 for each in "ab"}}
    made.call(*first, at=5.1, **again)
    assert (made.trace("a"), made.trace("b")) == before
    made.call(quote("c"), *first, at=6.0, **again, confirmed=[(2, T + 5.5)])
    made.call(quote("d"), at=7.0, confirmed=[(2, T + 6.5), (3, T + 6.6), (1, T + 6.7)])
    found = made.trace("a")
    assert found == {**before[0], "confirmed": "2023-11-14T22:13:25.500Z"}
    assert made.trace("c")["confirmed"] == "2023-11-14T22:13:26.600Z"
    assert made.trace("c")["inputs"] == 1


def test_a_confirmation_counts_once_and_only_of_what_is_decided(
    journal: Callable[..., Journal],
) -> None:
    made = journal()
    made.call(quote("a"), at=0.0)
    made.store.keep_confirmed([(5, T + 1)])
    assert made.trace("a")["confirmed"] is None
    made.store.keep_confirmed([(1, T + 2)])
    made.store.keep_confirmed([(1, T + 3)])
    assert made.trace("a")["confirmed"] == "2023-11-14T22:13:22.000Z"


def test_a_confirmation_whose_commit_fails_is_kept_with_the_next_one(
    journal: Callable[..., Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = journal()
    made.call(quote("a"), at=0.0)
    with monkeypatch.context() as patched:
        patched.setattr(
            made.store, "_write_state", lambda _: (_ for _ in ()).throw(OSError(28, "full"))
        )
        with pytest.raises(JournalError):
            made.call(quote("b"), at=1.0, confirmed=[(1, T + 0.5)])
    made.call(quote("b"), at=2.0, confirmed=[(1, T + 0.5)])
    assert made.trace("a")["confirmed"] == "2023-11-14T22:13:20.500Z"


def test_what_a_limit_said_is_shown(journal: Callable[..., Journal]) -> None:
    made = journal(max_position=1000)
    made.call(quote("a", buy=3000.0), at=0.0)
    made.call(quote("b", buy=3000.0), at=1.0)
    cut, refused = shown(made.trace("a")), shown(made.trace("b"))
    assert "buy 10 GOOG at 100.00 for 1,000.00\n  cut from 3,000.00: max_position" in cut
    assert "filled 10 at 100.00 at once" in cut
    assert "\n  refused, of 3,000.00: max_position" in refused
    assert "waits" not in refused


def test_an_order_that_waits_says_so(journal: Callable[..., Journal]) -> None:
    made = journal(fill="next")
    made.call(quote("a", buy=1000.0), at=0.0)
    assert "  waits for the next quote of GOOG" in shown(made.trace("a"))
    halt = {"channel": "commands/buyer", "id": "h", "command": "halt", "reason": "news"}
    made.call(halt, at=1.0)
    assert "  has not filled in this journal, and waits no more" in shown(made.trace("a"))
    halted = shown(made.trace("h"))
    assert halted.startswith('command h on commands/buyer: {"command": "halt"')
    assert "reply: done: " in halted


def test_failures_and_publications_are_shown(journal: Callable[..., Journal]) -> None:
    made = journal()
    made.call(quote("a", fail=True), quote("b", show=True), at=0.0)
    assert "it failed: ValueError: told to fail" in shown(made.trace("a"))
    assert 'data signal: {"value":1,"id":"buyer:quotes:b:0"}' in shown(made.trace("b"))


def test_every_channel_with_the_id_is_shown(
    journal: Callable[..., Journal], tmp_path: Path
) -> None:
    made = journal()
    made.call(quote("a"), quote("a", 200.0, channel="others"), at=0.0)
    result = run("a", "--journal", made.path)
    assert "quote a on quotes: GOOG at 100.00" in result
    assert "quote a on others: GOOG at 200.00" in result
    assert "quotes" not in run("a", "--journal", made.path, "--channel", "others").split("\n")[0]
    found = [json.loads(line) for line in run("a", "--journal", made.path, "--json").splitlines()]
    assert [each["channel"] for each in found[:2]] == ["quotes", "others"]
    with pytest.raises(TraceError, match="did not come on nowhere, but on quotes, others"):
        run("a", "--journal", made.path, "--channel", "nowhere")


def run(*words: object) -> str:
    """What the command prints; raises what it raises."""
    arguments = ["trace", *(str(word) for word in words)]
    return CliRunner().invoke(cli, arguments, catch_exceptions=False, env={}).stdout


def test_an_unknown_id_names_the_nearest(journal: Callable[..., Journal]) -> None:
    made = journal()
    made.call(*(quote(f"goog:r1:{n}") for n in range(3000)), at=0.0)
    unknown = 'no input with the id "goog:r1:1512x": did you mean "goog:r1:1512"'
    with pytest.raises(TraceError, match=unknown):
        made.trace("goog:r1:1512x")
    made.call(quote("x", buy=100.0), at=1.0)
    with pytest.raises(TraceError, match=r'an order or a fill, of the input "x": trace that'):
        made.trace("buyer:quotes:x:0")
    with pytest.raises(TraceError, match=r'no input with the id "⚡⚡⚡"$'):
        made.trace("⚡⚡⚡")


@pytest.mark.parametrize("layout", [3, 4, 5])
def test_a_journal_of_an_earlier_layout_tells_what_it_has(layout: int, tmp_path: Path) -> None:
    path = tmp_path / "older.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript((JOURNALS / f"layout_{layout}.sql").read_text())
    before = path.read_bytes()
    (found,) = of_journal(path, "1")
    assert found["decided"].startswith("2023-11-14T22:13:")
    assert [found[name] for name in ("published", "received", "called", "confirmed")] == [None] * 4
    assert [each["order"]["id"] for each in found["orders"]] == ["algo:quotes:1:0"]
    assert path.read_bytes() == before


def test_a_mistake_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="there is no journal"):
        run("a", "--journal", tmp_path / "nothing.db")
    Journal(tmp_path / "buyer.db").store.close()
    with pytest.raises(
        JournalError, match=r"is a folder: name one of its journals; there is buyer"
    ):
        run("a", "--journal", tmp_path)
    for words, sentence in (
        (["a"], "say where it was decided: --journal FILE, or --rpc ADDRESS"),
        (["a", "--journal", "b", "--rpc", "tcp://127.0.0.1:1"], "give one of them"),
    ):
        result = CliRunner().invoke(cli, ["trace", *words])
        assert result.exit_code == 2
        assert sentence in result.stderr


def test_where_nobody_answers_the_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_PATIENCE", 0.1)
    address = f"tcp://127.0.0.1:{free_port()}"
    with pytest.raises(AddressError, match=f"no service answers at {address}: see its --addr"):
        command.of_service(address, "a")
    with pytest.raises(AddressError, match="an address is written tcp://"):
        command.of_service("random", "a")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "+0 ms"), (0.0124, "+12 ms"), (-0.5, "-500 ms"), (1.26, "+1.3 s"), (75.2, "+1 min 15 s"),
     (-7322.0, "-2 h 2 min")],
)  # fmt: skip
def test_a_duration_is_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    "given",
    [
        None,
        7,
        "text",
        [],
        {"received": [1], "published": 3, "confirmed": {"a": 1}},
        {"received": ["a", None], "published": [[0, 1]], "confirmed": [[1, "x"], [None, 2]]},
        {
            "received": [1e300, 2],
            "published": [["a", 1, 2], [0, None, 2]],
            "confirmed": [[True, 1]],
        },
        {"received": [float("nan"), 1], "published": [[0, 9, 1.5], [-1, 1, 2]], "confirmed": [[2]]},
    ],
)
def test_times_that_are_none_are_left_out(given: Any) -> None:
    """Nothing is decided by them, so that they can be no reason to refuse a call."""
    for inputs in ([], 3, {"a": 1}, [1, {"channel": [], "id": {}}]):
        assert call_times(given, inputs) == CallTimes(None, {}, [])._replace(
            confirmed=call_times(given, inputs).confirmed
        )
        assert list(call_times(given, inputs).confirmed) == []
