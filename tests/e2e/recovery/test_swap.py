"""A running algorithm is swapped from one service to another, under load and under kills."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.e2e.recovery.swap_trial import Start, Trial, Watch
from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import Process

SWAPS = 20


def test_many_swaps_in_a_row_under_load_lose_and_repeat_nothing(
    mosquitto: Broker, parts: Parts, start: Start, watch: Watch, tmp_path: Path
) -> None:
    trial = Trial(parts, start, watch, mosquitto, tmp_path)
    with trial.flow() as flow:
        for n in range(SWAPS):
            assert trial.reply(trial.swap(("new", "old")[n % 2], n)) == "done"
    trial.check(flow.count)
    assert trial.processes["bridge"].stop() == 0


@pytest.mark.parametrize(
    ("service", "method", "when"),
    [
        ("old", "release", "before"),
        ("old", "release", "after"),
        ("new", "acquire", "before"),
        ("new", "acquire", "after"),
        ("new", "initialize", "before"),
        ("new", "initialize", "after"),
    ],
)
def test_a_kill_in_any_phase_of_a_swap_loses_and_repeats_nothing(
    service: str,
    method: str,
    when: str,
    mosquitto: Broker,
    parts: Parts,
    start: Start,
    watch: Watch,
    tmp_path: Path,
) -> None:
    """Each process in turn is killed while a method is held there, and then started again."""
    trial = Trial(parts, start, watch, mosquitto, tmp_path)
    old, new = "old", "new"
    with trial.flow() as flow:
        for n, killed in enumerate(("bridge", "old", "new")):
            names = {"bridge": "bridge", "old": old, "new": new}
            with trial.held(names[service], f"{method}-{when}") as reached:
                id_ = trial.swap(new, 2 * n)
                reached()
                trial.processes[names[killed]].kill()
            trial.start_again(names[killed])
            outcome = trial.reply(id_)
            assert outcome in ("done", "refused"), killed
            if outcome == "done":
                old, new = new, old
            assert trial.reply(trial.swap(new, 2 * n + 1)) == "done", killed
            old, new = new, old
    trial.check(flow.count)


@pytest.mark.parametrize(("service", "method"), [("old", "release"), ("new", "acquire")])
def test_a_bridge_that_is_stopped_meanwhile_leaves_the_swap_to_the_next(
    service: str,
    method: str,
    mosquitto: Broker,
    parts: Parts,
    start: Start,
    watch: Watch,
    tmp_path: Path,
) -> None:
    trial = Trial(parts, start, watch, mosquitto, tmp_path)
    with trial.flow() as flow:
        with trial.held(service, f"{method}-after") as reached:
            id_ = trial.swap("new")
            reached()
            assert trial.processes["bridge"].stop() == 0
        trial.start_again("bridge")
        assert trial.reply(id_) == "done"
    trial.check(flow.count)


def test_a_dead_service_is_left_by_force_and_may_come_back_as_the_standby(
    mosquitto: Broker, parts: Parts, start: Start, watch: Watch, tmp_path: Path
) -> None:
    trial = Trial(parts, start, watch, mosquitto, tmp_path)
    with trial.flow() as flow:
        trial.processes["old"].kill()
        refused = trial.answer(trial.swap("new"))
        assert refused["outcome"] == "refused"
        assert "--force swaps away from it" in refused["text"]
        assert trial.reply(trial.swap("new", 1, force=True)) == "done"
        trial.processes["bridge"].kill()
        trial.start_again("bridge")  # with the address of the dead one
        trial.start_again("old")
    trial.check(flow.count)
    assert trial.reply(trial.swap("old", 2)) == "done"


def test_a_service_that_hangs_keeps_its_journal_and_is_named(
    mosquitto: Broker, parts: Parts, start: Start, watch: Watch, tmp_path: Path
) -> None:
    trial = Trial(parts, start, watch, mosquitto, tmp_path)
    with trial.flow() as flow:
        old = trial.processes["old"]
        old.signal(signal.SIGSTOP)
        answer = trial.answer(trial.swap("new", force=True))
        assert answer["outcome"] == "refused"
        assert f"in use by another service (process {old.popen.pid})" in answer["text"]
        old.signal(signal.SIGCONT)
    trial.check(flow.count)
    assert trial.reply(trial.swap("new", 1)) == "done"


def test_the_command_prints_the_reply_and_fails_where_it_is_refused(
    broker: Broker, parts: Parts, start: Start, watch: Watch, tmp_path: Path
) -> None:
    trial = Trial(parts, start, watch, broker, tmp_path)
    old, new = trial.addresses.values()

    def asked(*words: object) -> Process:
        asking = start("bridge-node", "swap", *words, "--mqtt", broker.url)
        asking.wait()
        return asking

    done = asked("random", "--to", new, "--by", "Ann", "--reason", "a new machine")
    assert done.popen.returncode == 0
    assert done.output == f"random is served at {new}, in place of {old}"
    again = asked("random", "--to", new)
    assert (again.popen.returncode, again.output) == (0, f"random is served at {new}")
    nobody = asked("random", "--to", parts.address())
    assert nobody.popen.returncode == 2
    assert nobody.output.endswith(f"; random is served at {new} as before")
    if broker.kind == "mosquitto":
        unheard = asked("rnadom", "--to", old)
        assert unheard.popen.returncode == 2
        assert "nobody has the swap: no bridge has served this name" in unheard.output
    wrong = asked("random", "--to", "other")
    assert wrong.popen.returncode == 2
    assert wrong.output.startswith('bridge-node: --to is "other": an address is written tcp://')
