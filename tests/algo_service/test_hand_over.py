"""The account of an algorithm is handed over to another one, with decisions of its own."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from algo_service.commands.main import cli
from algo_service.errors import (
    AlgoServiceError,
    HandedOverError,
    HandOverError,
    JournalError,
    StandbyError,
)
from algo_service.journal import recent
from algo_service.journal.memory import MemoryStore
from algo_service.served import ServedAlgorithm
from portfolio import ParameterError
from tests.support.processes import ROOT

ALGORITHM = """
from portfolio import Portfolio

class Trader:
    def initialize(self, params):
        self.portfolio = Portfolio.from_params({"starting_cash": 9000, **params})
        self.count = 0
        return ["quotes"]

    def event(self, data):
        self.count += 1
        if data.get("do") == "buy":
            self.portfolio.buy(data, 1000.1 + self.count / 7)
        elif data.get("do") == "sell":
            self.portfolio.sell(data)
        elif data.get("do") == "fail":
            raise ValueError("told to fail")
"""
STATE = """
    def save(self):
        return {"count": self.count}

    def load(self, data):
        self.count = data["count"]
"""
SIDS = ("GOOG", "600519", "AAPL")
DOINGS = ("buy", "", "", "buy", "sell", "", "buy", "", "fail", "")

Serve = Callable[..., ServedAlgorithm]


def quotes(first: int, last: int) -> list[dict[str, Any]]:
    """Quotes of three instruments, at which the algorithm buys, sells or fails."""
    return [
        {
            "sid": SIDS[n % 3],
            "quote": 100 + n * 7 % 11 + n / 7,
            "id": str(n),
            "channel": "quotes",
            "do": DOINGS[n % 10],
        }
        for n in range(first, last)
    ]


def command(name: str, command_id: str, **fields: Any) -> dict[str, Any]:
    return {"channel": "commands/algo", "id": command_id, "command": name, **fields}


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Serves an algorithm; a second service with the same journal is a restart of the first."""
    served: dict[str, ServedAlgorithm] = {}

    def starter(
        name: str = "",
        *,
        params: dict[str, Any] | None = None,
        state: str = STATE,
        standby: bool = False,
        **options: Any,
    ) -> ServedAlgorithm:
        if name in served:
            served.pop(name).close()
        file = tmp_path / f"trader{len(state)}.py"
        file.write_text(ALGORITHM + state)
        journal = str(tmp_path / name) if name else None
        made = ServedAlgorithm(f"{file}:Trader", "algo", params or {}, journal, **options)
        if not standby:
            made.open()
        if name:
            served[name] = made
        return made

    yield starter
    for each in served.values():
        each.close()


def begun(served: ServedAlgorithm, last: int = 50, **params: Any) -> ServedAlgorithm:
    served.engine.initialize(params)
    decide(served, quotes(0, last))
    return served


def decide(served: ServedAlgorithm, messages: list[dict[str, Any]]) -> list[Any]:
    found = []
    for start in range(0, len(messages), 7):
        found += served.engine.decide([dict(each) for each in messages[start : start + 7]], 1e9)
    return found


def after_take_over(served: ServedAlgorithm, account: dict[str, Any], epoch: int = 1) -> Any:
    served.engine.initialize({})
    assert served.take_over(account, epoch)["taken_over"] == epoch
    return served.snapshot()


def books(snapshot: dict[str, Any]) -> dict[str, Any]:
    names = "cash positions equity exposure realised unrealised fees halted"
    return {name: snapshot[name] for name in names.split()}


def verify(journal: Path, *options: str) -> str:
    result = CliRunner().invoke(cli, ["verify", str(journal), *options])
    assert result.exit_code == 0, result.output
    return result.output


def rows(journal: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()


@pytest.mark.parametrize("to", ["new", ""], ids=["to a journal", "to memory"])
@pytest.mark.parametrize("of", ["old", ""], ids=["of a journal", "of memory"])
def test_another_algorithm_goes_on_with_account_and_decisions(
    of: str, to: str, serve: Serve
) -> None:
    """The books are the same to the last digit, and no input is decided again."""
    old = serve(of, params={"commission": 0.001})
    old.engine.initialize({})
    decided = decide(old, quotes(0, 50))
    before = old.snapshot()
    assert len(before["positions"]) >= 2
    assert before["realised"]
    account = old.hand_over(1)
    assert old.snapshot() == before
    new = serve(to, params={"cash": 1})
    after = after_take_over(new, account)
    assert books(after) == books(before)
    assert after["parameters"]["starting_cash"] == 1
    assert after["quote_id"] == "49"
    assert after["seq"] == before["seq"] if to else after["seq"] >= before["seq"]
    assert decide(new, quotes(0, 50)) == decided
    assert new.snapshot() == after
    (changed,) = new.engine.decide([{**quotes(49, 50)[0], "quote": 1.0}])
    assert "id used before" in changed["error"]
    decide(new, quotes(45, 80))
    assert new.snapshot()["seq"] == after["seq"] + 30


def test_what_is_handed_over_has_the_form_of_the_contract(serve: Serve) -> None:
    old = begun(serve(), fill="next")
    old.engine.decide([command("halt", "h", by="Ann", reason="news")])
    account = old.hand_over(4)
    assert isinstance(account.pop("recent"), bytes)
    schema = json.loads((ROOT / "contracts" / "account.schema.json").read_text())
    Draft202012Validator(schema).validate(account)
    assert account["halt"] == {"reason": "news", "by": "Ann", "id": "h"}


def test_after_a_hand_over_nothing_is_decided_after_a_restart_either(serve: Serve) -> None:
    old = begun(serve("old"))
    account = old.hand_over(1)
    for standby in (None, False, True):
        if standby is not None:
            old = serve("old", standby=standby)
        if standby:
            with pytest.raises(StandbyError):
                _ = old.engine
            old.acquire(2)  # as a bridge does with each standby
        assert not old.decides
        assert old.standing()["handed_over"]
        with pytest.raises(HandedOverError, match="algo was handed over after decision 50"):
            _ = old.engine
        assert old.snapshot()["cash"] == account["cash"]
        assert len(old.store.outputs_since(100, 0, 1000)) > 9
    with pytest.raises(HandOverError, match=r"^hand_over\(1\) comes too late"):
        old.hand_over(1)


def test_the_same_call_again_changes_nothing(serve: Serve) -> None:
    """An answer may be lost, of either call, and a restart of either service may follow."""
    old, new = begun(serve("old")), serve("new")
    first = old.hand_over(3)
    again = serve("old").hand_over(3)
    assert recent.unpack(again.pop("recent"))[-1].key == ("quotes", "49")
    assert again == {name: value for name, value in first.items() if name != "recent"}
    after = after_take_over(new, first, 3)
    decide(new, quotes(50, 60))
    last = new.snapshot()
    for _ in range(2):
        assert new.take_over(again, 3)["seq"] == 60
        assert books(new.snapshot()) == books(last)
        new = serve("new")
    assert after["seq"] == 50


def test_a_call_that_comes_late_changes_nothing(serve: Serve) -> None:
    old, new = begun(serve("old")), serve("new")
    account = old.hand_over(3)
    new.engine.initialize({})
    new.take_over(account, 3)
    assert not old.take_back(4)["handed_over"]
    assert old.take_back(4)["epoch"] == 4
    for late in (3, 4):
        with pytest.raises(HandOverError, match=rf"^hand_over\({late}\) comes too late"):
            old.hand_over(late)
    old.hand_over(5)
    for late in (4, 5):
        with pytest.raises(HandOverError, match=rf"^take_back\({late}\) comes too late"):
            old.take_back(late)
    with pytest.raises(HandOverError, match=r"^take_over\(2\) comes too late"):
        new.take_over(account, 2)
    for call in (old.hand_over, old.take_back, lambda epoch: new.take_over(account, epoch)):
        for wrong in (0, -1, "8", True, None, 1.0):
            with pytest.raises(HandOverError, match=r"an epoch is a whole number above 0$"):
                call(wrong)


@pytest.mark.parametrize("journal", ["old", ""], ids=["journal", "memory"])
def test_what_is_taken_back_goes_on_as_if_nothing_had_been(journal: str, serve: Serve) -> None:
    """The orders that waited are those that fill, in one that was never asked, too."""
    undisturbed = begun(serve(), 51, fill="next")
    old = begun(serve(journal), 51, fill="next")
    assert old.hand_over(1)["cancelled"]
    if journal:
        old = serve(journal, standby=True)  # it opens the journal
    standing = old.take_back(2)
    assert (standing["epoch"], standing["handed_over"], standing["is_open"]) == (2, False, True)
    old.engine.initialize({"fill": "next"})
    assert decide(old, quotes(40, 90)) == decide(undisturbed, quotes(40, 90))
    assert books(old.snapshot()) == books(undisturbed.snapshot())


def test_orders_that_wait_are_cancelled_and_listed(serve: Serve, tmp_path: Path) -> None:
    """Neither fills later; the books of the new one are those without them."""
    old = begun(serve("old"), 51, fill="next")
    pending = [each["id"] for each in waiting(old)]
    assert len(pending) > 0
    account = old.hand_over(1)
    assert [each["order_id"] for each in account["cancelled"]] == pending
    new = serve("new", params={"fill": "next"})
    before = after_take_over(new, account)
    still = [{**each, "do": ""} for each in quotes(51, 70)]
    assert not any(each["fills"] for each in decide(new, still))
    assert new.snapshot()["cash"] == before["cash"]
    (logged,) = rows(tmp_path / "new", "SELECT text FROM log WHERE kind = 'taken_over'")
    assert json.loads(logged[0])["cancelled"] == account["cancelled"]


def waiting(served: ServedAlgorithm) -> list[dict[str, Any]]:
    """The orders of a journal that no fill is of; those of failed buys are not in this test."""
    orders, filled = [], set()
    for _, decision in served.store.outputs_since(1e9, 0, 1000):
        assert "error" not in decision
        orders += [json.loads(each) for each in decision["orders"]]
        filled |= {json.loads(each)["order_id"] for each in decision["fills"]}
    return [each for each in orders if each["id"] not in filled]


def test_a_persons_halt_goes_on_and_a_limit_begins_anew(serve: Serve) -> None:
    limit = {"max_drawdown": 0.002}
    old = begun(serve("old", params=limit), 7)
    old.engine.decide([{"sid": sid, "quote": 9.0, "id": sid, "channel": "quotes"} for sid in SIDS])
    old.engine.decide([command("halt", "h", by="Ann", reason="news")])
    account = old.hand_over(1)
    assert account["stop"].startswith("max_drawdown: ")
    new = serve("new", params=limit)
    after = after_take_over(new, account)
    assert after["halt"] == "halted by Ann: news"
    buy = {"sid": "GOOG", "quote": 9.0, "channel": "quotes", "do": "buy"}
    (refused,) = new.engine.decide([{**buy, "id": "a"}])
    assert json.loads(refused["orders"][0])["reason"] == "halted by Ann: news"
    (again,) = new.engine.decide([command("halt", "h", by="Ann", reason="news")])
    assert json.loads(again["reply"])["outcome"] == "done"  # as it was decided first
    new.engine.decide([command("resume", "r", expires="2100-01-01")])
    (bought,) = new.engine.decide([{**buy, "id": "b"}])
    assert bought["fills"]
    new.engine.decide([{**buy, "sid": sid, "quote": 0.1, "id": f"{sid}2"} for sid in SIDS])
    assert new.snapshot()["halt"].startswith("max_drawdown: the equity of ")


@pytest.mark.parametrize("restarts", [True, False], ids=["restart", "no restart"])
@pytest.mark.parametrize("state", [STATE, ""], ids=["with state", "without state"])
def test_both_journals_record_it_and_can_be_verified(
    state: str, restarts: bool, serve: Serve, tmp_path: Path
) -> None:
    """The new one from the account on, across a restart before its first decision, too."""
    old = begun(serve("old", state=state))
    old.store.note_rollback(1, "none")
    account = old.hand_over(1)
    new = serve("new", state=state)
    after_take_over(new, account)
    if restarts:
        new = serve("new", state=state)
    decide(new, quotes(45, 99))
    new.close()
    old.close()
    assert "no difference" in verify(tmp_path / "old")
    text = verify(tmp_path / "new")
    assert "from decision 51 on" in text
    assert "compared: 49 decisions" in text
    for journal, kind in (("old", "handed_over"), ("new", "taken_over")):
        found = rows(tmp_path / journal, f"SELECT seq, text FROM log WHERE kind = '{kind}'")
        ((seq, logged),) = found
        assert (seq, json.loads(logged)["cash"]) == (50, account["cash"])


def test_another_version_begins_with_the_account_too(serve: Serve, tmp_path: Path) -> None:
    """Also with limits of its own."""
    after_take_over(serve("new"), begun(serve()).hand_over(1))
    new = serve("new")
    decide(new, quotes(50, 60))
    new.close()
    found = verify(tmp_path / "new", "--param", "max_drawdown=0.9", "--param", "cash=5")
    assert "it begins with the account that was taken over" in found
    assert "no difference" in found


def test_a_journal_shows_what_was_handed_over_and_counts_its_own(
    serve: Serve, tmp_path: Path
) -> None:
    old = begun(serve("old.db"), 51, fill="next")
    new = serve("new.db")
    after_take_over(new, old.hand_over(1))
    decide(new, quotes(51, 56))
    own = len(rows(tmp_path / "new.db", "SELECT 1 FROM orders WHERE seq > 51"))
    assert own
    reports = [
        CliRunner().invoke(cli, ["journal", str(tmp_path / f"{name}.db")]).output
        for name in ("old", "new")
    ]
    assert "handed over after decision 51, on 20" in reports[0]
    assert "order cancelled" in reports[0] or "orders cancelled" in reports[0]
    assert "taken over  after decision 51, on 20" in reports[1]
    assert "quotes      5\n" in reports[1]
    assert f"orders      {own}\n" in reports[1]
    assert "first quote 51 on quotes" in reports[1]
    listed = CliRunner().invoke(cli, ["journal", str(tmp_path / "new.db"), "--orders"]).output
    assert len(listed.splitlines()) == own
    listing = CliRunner().invoke(cli, ["journal", str(tmp_path)]).output
    assert f"new.db: algo, 5 decisions, {own} orders" in listing


def test_the_new_one_publishes_again_what_the_old_one_may_not_have(serve: Serve) -> None:
    """Of the last seconds before its latest decision, and no more."""
    old = begun(serve("old"))
    expected = old.store.outputs_since(1e9, 0, 1000)
    new = serve("new")
    after_take_over(new, old.hand_over(1))
    assert new.store.outputs_since(20, 0, 1000) == expected
    assert new.store.outputs_since(20, 30, 2) == [each for each in expected if each[0] > 30][:2]
    decide(new, quotes(50, 60))
    found = serve("new").store.outputs_since(20, 0, 1000)
    assert found[: len(expected)] == expected
    assert found[-1][0] > 50


def test_times_of_the_old_one_count_on_in_the_new_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What was decided long before the hand-over is not published again."""
    from algo_service.journal.sqlite import SqliteStore
    from algo_service.journal.store import TakeOver
    from tests.algo_service.test_stores import NOTHING, bought, commit, made

    times = iter([1000.0, 1010.0, 1070.0, 1100.0, 1100.0, 5.0, 10.0, 12.0])
    old = SqliteStore(tmp_path / "old", "algo", monotonic=lambda: next(times))
    commit(old, 1, (made(("quotes", "1")), bought("a")))
    commit(old, 2, (made(("quotes", "2")), bought("b")))
    latest = old.recent()
    monkeypatch.setattr("algo_service.journal.rows.MIN_DECISIONS", 0)
    assert [each.seq for each in old.recent()] == [2]  # of the last minute, however many there are
    old.close()
    assert [(each.seq, each.ago) for each in latest] == [(1, 90.0), (2, 30.0)]
    new = SqliteStore(tmp_path / "new", "algo", monotonic=lambda: next(times))
    new.take_over(TakeOver(1, 2, {"seed": 1}, NOTHING, latest, "{}"))
    commit(new, 3, (made(("quotes", "3")), bought("c")))
    assert [seq for seq, _ in new.outputs_since(31, 0, 9)] == [3]
    assert [seq for seq, _ in new.outputs_since(33, 0, 9)] == [2, 3]
    new.close()


def test_what_was_taken_over_before_is_gone_with_all_that_it_led_to(tmp_path: Path) -> None:
    from algo_service.journal.sqlite import SqliteStore
    from algo_service.journal.store import Recent, TakeOver
    from tests.algo_service.test_stores import NOTHING

    decisions: list[Any] = [
        {"orders": ["o"], "fills": ["f"], "data": [{"name": "n", "text": "t"}], "reply": "r"},
        {"error": "Error: e", "traceback": "t"},
    ]
    store = SqliteStore(tmp_path / "new", "algo")
    for epoch, name in enumerate(("a", "b"), 1):
        latest = [
            Recent(seq, ("quotes", f"{name}{seq}"), b"", None, each, 0.0, 0.0)
            for seq, each in enumerate(decisions, 1)
        ]
        store.take_over(TakeOver(epoch, 2, {"seed": 1}, NOTHING, latest, "{}"))
        found = [(each.key[1], each.decision) for each in store.recent()]
        assert found == list(zip((f"{name}1", f"{name}2"), decisions, strict=True))
    store.close()


def test_a_hand_over_that_cannot_be_recorded_is_none(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a full disk the old one goes on, and the new one is as before its take-over."""
    old, new = begun(serve("old")), serve("new")
    with monkeypatch.context() as patched:
        patched.setattr(old.store, "_write_log", lambda *_: (_ for _ in ()).throw(OSError(28, "f")))
        with pytest.raises(JournalError):
            old.hand_over(1)
    decide(old, quotes(50, 60))
    account = old.hand_over(1)
    new.engine.initialize({})
    before = new.snapshot()
    with monkeypatch.context() as patched:
        patched.setattr(new.store, "_write_log", lambda *_: (_ for _ in ()).throw(OSError(28, "f")))
        with pytest.raises(JournalError):
            new.take_over(account, 1)
    assert new.snapshot() == before
    assert new.standing()["taken_over"] is None
    new.take_over(account, 1)
    assert new.snapshot()["cash"] == account["cash"]


def test_an_account_is_taken_over_again_until_the_first_decision(serve: Serve) -> None:
    """Where the first attempt came to nothing, the old one may have gone on."""
    old, new = begun(serve("old")), serve("new")
    after_take_over(new, old.hand_over(1))
    old.take_back(2)
    decide(old, quotes(50, 70))
    last = old.snapshot()
    new = serve("new")
    assert books(after_take_over(new, old.hand_over(3), 3)) == books(last)
    assert [each.seq for each in new.store.recent()] == list(range(1, 71))
    decide(new, quotes(65, 75))
    assert new.snapshot()["seq"] == 75
    with pytest.raises(HandOverError, match=r"^algo has decided 5 inputs here, and takes"):
        new.take_over(old.hand_over(3), 4)


def test_a_first_event_that_fails_leaves_what_was_taken_over(serve: Serve) -> None:
    new = serve()
    before = after_take_over(new, begun(serve()).hand_over(1))
    (failed,) = decide(new, [{**quotes(50, 51)[0], "do": "fail"}])
    assert failed["error"] == "ValueError: told to fail"
    assert books(new.snapshot()) == books(before)


def test_after_a_take_over_other_parameters_are_an_error(serve: Serve) -> None:
    """They would begin a new account."""
    after_take_over(serve("new"), begun(serve()).hand_over(1))
    for _ in range(2):  # after another restart, too
        with pytest.raises(ParameterError, match=r"has started with commission=None, not 0\.5"):
            serve("new").engine.initialize({"commission": 0.5})


def test_a_chain_of_hand_overs_loses_nothing(serve: Serve) -> None:
    """Also where a service in between has decided nothing, or is in memory."""
    served = begun(serve("0"))
    first = books(served.snapshot())
    for n, name in enumerate(["1", "", "2", "3"], 1):
        account = served.hand_over(n)
        served = serve(name)
        assert books(after_take_over(served, account, n)) == first
    assert [each["error"] for each in decide(served, quotes(0, 50)) if "error" in each]
    assert books(served.snapshot()) == first
    decide(served, quotes(50, 51))
    assert served.snapshot()["seq"] == account["seq"] + 1


def test_nothing_that_was_decided_is_handed_over_as_nothing(serve: Serve) -> None:
    """The starting cash of the old one goes on, and the parameters are those of the new one."""
    old, new = serve("old"), serve("new", params={"cash": 5})
    with pytest.raises(AlgoServiceError, match="initialize has not been called"):
        old.hand_over(1)
    old.engine.initialize({"cash": 777})
    assert after_take_over(new, old.hand_over(1))["cash"] == 777
    new = serve("new", params={"cash": 5})
    assert new.snapshot()["cash"] == 777
    decide(new, quotes(0, 3))
    assert serve("new", params={"cash": 5}).snapshot()["seq"] == 3


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"algo": "other"}, "the account is that of 'other', not of algo"),
        ({"seq": -1}, '"seq" is -1'),
        ({"seq": 1}, '"recent" has the decision 50, and "seq" is 1'),
        ({"cash": "1"}, "\"cash\" is '1', of the type str"),
        ({"fees": float("nan")}, '"fees" is nan'),
        ({"positions": {"GOOG": {"quantity": 1}}}, "the account has no 'cost'"),
        ({"positions": {"GOOG": {"quantity": 0, "cost": 1}}}, "a position has units, and a cost"),
        ({"positions": {"MSFT": {"quantity": 1, "cost": 1}}}, "there is no price of it"),
        ({"positions": None}, "the account cannot be read"),
        ({"prices": {"GOOG": 0}}, "the price of GOOG is 0.0: it has to be above 0"),
        ({"positions": {}, "prices": {5: 1.0}}, "the instrument 5 is not text"),
        ({"positions": []}, "the account cannot be read"),
        ({"halt": {"reason": "news"}}, "the account has no 'by'"),
        ({"halt": {"reason": None, "by": None, "id": "h"}}, "the halt is {'reason': None"),
        ({"halt": ""}, "the account cannot be read"),
        ({"recent": b"\x93\x01"}, '"recent" is not what hand_over returns'),
        ({"recent": b"\x91\x01"}, '"recent" is not what hand_over returns'),
        ({"recent": 5}, '"recent" is not what hand_over returns'),
    ],
)
def test_an_account_that_cannot_be_read_is_refused_by_name(
    change: dict[str, Any], sentence: str, serve: Serve
) -> None:
    """And the new one is as before."""
    account = begun(serve("old")).hand_over(1)
    new = serve("new")
    new.engine.initialize({})
    before = new.snapshot()
    with pytest.raises(HandOverError) as raised:
        new.take_over({**account, **change}, 1)
    assert sentence in str(raised.value)
    assert new.snapshot() == before
    new.take_over(account, 1)


STEPS = ("nothing", "hand_over", "initialize", "take_over")


@pytest.mark.parametrize("killed", ["old", "new", "both"])
@pytest.mark.parametrize("last", STEPS)
def test_after_a_kill_at_any_step_one_of_the_two_goes_on(
    last: str, killed: str, serve: Serve, tmp_path: Path
) -> None:
    """What was kept tells which; each quote is decided once, and the books are the same."""
    old, new = begun(serve("old")), serve("new")
    before = books(old.snapshot())
    done = STEPS.index(last)
    if done >= 1:
        account = old.hand_over(1)
    if done >= 2:
        new.engine.initialize({})
    if done >= 3:
        new.take_over(account, 1)
    if killed in ("old", "both"):
        old = serve("old")
    if killed in ("new", "both"):
        new = serve("new")
    serving = new
    if new.standing()["taken_over"] != 1:
        serving = old
        old.take_back(2)
    serving.engine.initialize({})
    assert books(serving.snapshot()) == before
    decide(serving, quotes(40, 70))
    own = {"old": 0, "new": 50 if serving is new else 0}
    decided = [
        name
        for journal, first in own.items()
        for (name,) in rows(tmp_path / journal, f"SELECT id FROM decisions WHERE seq > {first}")
    ]
    assert decided == [str(n) for n in range(70)]
    assert (serving is new) == (last == "take_over")


def test_an_account_of_another_program_needs_no_decisions(serve: Serve) -> None:
    """The fields of a backend that keeps none, with whole numbers as some languages write them."""
    new = serve("new")
    new.engine.initialize({})
    account = {
        "algo": "algo",
        "epoch": 1,
        "seq": 7,
        "cash": 10,
        "realised": 0,
        "fees": 0,
        "positions": {"GOOG": {"quantity": 2, "cost": 20}},
        "prices": {"GOOG": 11},
        "halt": None,
        "stop": None,
        "cancelled": [],
    }
    new.take_over(account, 1)
    found = serve("new").snapshot()
    assert (found["cash"], found["equity"], found["seq"]) == (10.0, 32.0, 7)


def test_a_store_in_memory_keeps_no_more_of_another_one_than_of_its_own(
    monkeypatch: pytest.MonkeyPatch, serve: Serve
) -> None:
    account = begun(serve("old")).hand_over(1)
    monkeypatch.setattr(MemoryStore, "MAX_DECISIONS", 20)
    new = serve()
    after_take_over(new, account)
    assert [each.key[1] for each in new.store.recent()] == [str(n) for n in range(30, 50)]


def test_the_latest_decisions_are_bounded(monkeypatch: pytest.MonkeyPatch, serve: Serve) -> None:
    """The oldest are left out, by their number and by their size; the last one stays."""
    old = begun(serve("old"))
    monkeypatch.setattr(recent, "MAX_BYTES", 1000)
    kept = recent.unpack(recent.pack(old.store.recent()))
    assert 0 < len(kept) < 20
    assert kept == old.store.recent()[-len(kept) :] or kept[-1].key == ("quotes", "49")
    monkeypatch.setattr("algo_service.journal.rows.MAX_DECISIONS", 5)
    assert [each.seq for each in old.store.recent()] == [46, 47, 48, 49, 50]
