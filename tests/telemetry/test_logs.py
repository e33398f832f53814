"""Log lines of Python: JSON that can be parsed, text that fits a terminal, and nothing forged."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from telemetry import logs

HOSTILE = '\n{"level":"error"}\r\x1b[2J\x9b31m\u2028\u202e\x85'

log = logging.getLogger("portfolio.blotter")


class Stderr(io.StringIO):
    """What a process writes to stderr."""

    is_terminal = False

    def isatty(self) -> bool:
        return self.is_terminal

    @property
    def lines(self) -> list[str]:
        return self.getvalue().removesuffix("\n").split("\n")

    @property
    def parsed(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]


Begin = Callable[..., Stderr]


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Begin:
    """Begins to log, by default all levels as JSON, as a service of the algorithm `random`."""

    def beginner(level: str = "debug", form: str = "", is_terminal: bool = False) -> Stderr:
        stderr = Stderr()
        stderr.is_terminal = is_terminal
        monkeypatch.setattr(sys, "stderr", stderr)
        monkeypatch.setenv("LOG_FORMAT", form)
        monkeypatch.delenv("NO_COLOR", raising=False)
        logging.getLogger().handlers = []  # pytest's own
        logs.configure("algo", level)
        logs.bind(algo="random")
        return stderr

    return beginner


def test_a_line_has_the_fields_of_its_process_and_its_own(begin: Begin) -> None:
    stderr = begin()
    log.warning("%s is cancelled", "o1", extra={"order_id": "o1", "n": float("inf")})
    (line,) = stderr.parsed
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warning",
        "component": "algo",
        "algo": "random",
        "event": "o1 is cancelled",
        "order_id": "o1",
        "n": None,
    }


def test_an_error_is_one_line_with_its_traceback(begin: Begin) -> None:
    stderr = begin()
    try:
        _ = {}["a"]  # type: ignore[var-annotated]
    except KeyError:
        log.exception("it failed")
    (line,) = stderr.parsed
    assert (line["level"], line["error"]) == ("error", "KeyError: 'a'")
    assert line["traceback"].splitlines()[-1] == "KeyError: 'a'"


def test_an_error_that_nothing_catches_is_one_line_too() -> None:
    code = (
        "import threading\nfrom telemetry import logs\nlogs.configure('algo')\n"
        "thread = threading.Thread(target=lambda: 1 / 0)\nthread.start()\nthread.join()\n"
        "raise ValueError('x\\ny')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], env={"LOG_FORMAT": "json"}, stderr=subprocess.PIPE, text=True
    )
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [line["error"].split(":")[0] for line in lines] == ["ZeroDivisionError", "ValueError"]
    assert all(line["traceback"].startswith("Traceback") for line in lines)
    assert ended.returncode == 1


def test_fields_that_cannot_be_written_end_nothing(begin: Begin) -> None:
    class Mute:
        def __repr__(self) -> str:
            raise ValueError("no text")

    cycle: dict[str, object] = {}
    cycle["itself"] = cycle
    stderr = begin()
    for field in (cycle, Mute(), 10**5000):
        log.info("a quote", extra={"field": field})
    log.info(Mute())
    errors = [line["error"].split(":")[0] for line in stderr.parsed]
    assert errors == ["RecursionError", "ValueError", "ValueError", "ValueError"]
    events = {line["event"] for line in stderr.parsed}
    assert events == {"'a quote' with () is not a log line", "<Mute> with () is not a log line"}


def test_a_line_whose_arguments_do_not_fit_is_written_all_the_same(begin: Begin) -> None:
    stderr = begin()
    log.info("%d quotes", "many")
    assert stderr.parsed[0]["event"] == "'%d quotes' with ('many',) is not a log line"


def test_nothing_overwrites_what_every_line_has(begin: Begin) -> None:
    stderr = begin()
    log.info("x", extra={"level": "error", "component": "c", "time": 0, "algo": 1})
    (line,) = stderr.parsed
    assert (line["level"], line["component"], line["algo"]) == ("info", "algo", "random")


def test_less_severe_lines_are_left_out(begin: Begin) -> None:
    stderr = begin("warn")
    log.info("a")
    log.warning("b")
    assert [line["event"] for line in stderr.parsed] == ["b"]


def test_libraries_log_warnings_alone_for_their_other_lines_show_requests_with_keys(
    begin: Begin,
) -> None:
    """An algorithm's own lines, and those of a library of its own, are written at debug."""
    stderr = begin()
    for name in ("ccxt.base.exchange", "urllib3.connectionpool", "websockets.client", "own"):
        logging.getLogger(name).debug("GET /, {'X-API-KEY': 's3cret'}")
        logging.getLogger(name).warning("of %s", name)
    assert [line["level"] for line in stderr.parsed] == ["warning"] * 3 + ["debug", "warning"]


def test_a_line_holds_what_is_under_way_where_it_is_logged(begin: Begin) -> None:
    stderr = begin()
    logs.bind_here(lambda: {"quote_id": "7"})
    log.info("a")
    log.info("b", extra={"quote_id": "8"})
    assert [line["quote_id"] for line in stderr.parsed] == ["7", "7"]


@pytest.mark.parametrize("form", ["json", "text"])
def test_hostile_text_cannot_forge_a_line(form: str, begin: Begin) -> None:
    stderr = begin(form=form)
    log.info(HOSTILE)
    log.info("x", extra={"quote_id": HOSTILE, HOSTILE: HOSTILE, "held": {HOSTILE: [HOSTILE]}})
    assert len(stderr.lines) == 2
    assert all(line.isprintable() for line in stderr.lines)
    if form == "json":
        assert stderr.parsed[0]["event"] == stderr.parsed[1]["quote_id"] == HOSTILE


def test_hostile_lines_of_a_traceback_are_indented_in_text(begin: Begin) -> None:
    stderr = begin(form="text")
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        log.exception("it failed")
    first, *others = stderr.lines
    assert first == "error: it failed"
    assert all(line.startswith("    ") and line.isprintable() for line in others)
    assert len(others) > 2


def test_a_long_text_is_cut(begin: Begin) -> None:
    stderr = begin()
    log.info("x", extra={"payload": "y" * 100_000})
    assert len(stderr.lines[0]) < 10_000


def test_text_is_the_sentence_with_its_level_and_fields(begin: Begin) -> None:
    stderr = begin(form="text")
    log.debug("buying", extra={"quote_id": "1", "by": "a b", "held": [1]})
    log.info("up")
    assert stderr.lines == ['debug: buying  quote_id=1 by="a b" held=[1]', "up"]


def test_at_a_terminal_lines_are_coloured_text_with_the_time(begin: Begin) -> None:
    stderr = begin(is_terminal=True)
    log.warning("it is away", extra={"order_id": "o1"})
    at, sentence = stderr.lines[0].split(" ", 1)
    assert (at[:4], at[6], at[9], at[12:]) == ("\x1b[2m", ":", ":", "\x1b[0m")
    assert sentence == "\x1b[33mwarning: it is away\x1b[0m  \x1b[2morder_id=o1\x1b[0m"


def test_another_format_is_refused_with_a_sentence(begin: Begin) -> None:
    with pytest.raises(logs.LogFormatError, match='LOG_FORMAT is "xml"; expected json or text'):
        begin(form="xml")
