"""Log lines: one event each, on stderr, as JSON or as short text for a person.

The modules of the project log by the standard library, with fields as `extra`:
`log.warning("%s is cancelled: %s", order.id, reason, extra={"order_id": order.id})`. A command that
runs for long calls `configure` once, before it has anything to say; from then on structlog formats
what any module of the process logs. docs/reference/logs.md lists the fields.
"""

from __future__ import annotations

import json
import logging
import math
import os
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal

from structlog.processors import format_exc_info
from structlog.stdlib import ExtraAdder, ProcessorFormatter
from structlog.typing import EventDict, WrappedLogger

from telemetry.log_text import escaped, text_of

Format = Literal["json", "text"]
FORMATS: tuple[Format, ...] = ("json", "text")

MAX_TEXT = 8192
"""Characters of a field's text: Docker cuts a line at 16 KiB, and half of it is not JSON."""

_OF_OTHER_HANDLERS = ("message", "asctime")
"""What the formatter of another handler leaves in a record."""

_LEVELS = ((logging.ERROR, "error"), (logging.WARNING, "warning"), (logging.INFO, "info"))

_LIBRARIES = ("aiohttp", "asyncio", "ccxt", "psycopg", "urllib3", "websockets")
"""Whose lines are written from warnings on: at debug they show requests, and the keys in them."""

log = logging.getLogger(__name__)


class LogFormatError(ValueError):
    """LOG_FORMAT is neither json nor text."""


_own: dict[str, Any] = {}
_here: Callable[[], Mapping[str, Any]] = dict


class _Handler(logging.Handler):
    """Writes lines to stderr."""

    def __init__(self, kind: Format) -> None:
        super().__init__()
        self.kind = kind
        self._is_coloured = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        self.setFormatter(
            ProcessorFormatter(
                foreign_pre_chain=[ExtraAdder(), _named_error, format_exc_info],
                processors=[_fields, self._rendered],
            )
        )

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line. One that cannot be written ends nothing."""
        try:
            line = self.format(record)
        except Exception as error:  # of an algorithm's own line: what does not fit
            told = f"{_repr(record.msg)} with {_repr(record.args)} is not a log line"
            traceback = (type(error), error, error.__traceback__)
            of = (record.name, record.levelno, record.pathname, record.lineno)
            line = self.format(logging.LogRecord(*of, told, (), traceback))
        try:
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()
        except (OSError, ValueError):  # nobody reads it any more
            pass

    def _rendered(self, _logger: WrappedLogger, _name: str, fields: EventDict) -> str:
        if self.kind == "text":
            return text_of(fields, [*_own], is_coloured=self._is_coloured)
        at: datetime = fields["time"]
        time = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
        plain = _plain({**fields, "time": time})
        line = json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return escaped(line)


def _fields(_logger: WrappedLogger, _name: str, given: EventDict) -> EventDict:
    record: logging.LogRecord = given["_record"]
    fields: EventDict = {
        "time": datetime.fromtimestamp(record.created, UTC),
        "level": _level(record),
        **_own,
        "event": given["event"].rstrip("\n"),
        **_here(),
    }
    for name, value in given.items():
        if not name.startswith("_") and name not in _OF_OTHER_HANDLERS:
            fields.setdefault("traceback" if name == "exception" else name, value)
    return fields


def _named_error(_logger: WrappedLogger, _name: str, given: EventDict) -> EventDict:
    if (error := (given.get("exc_info") or (None, None))[1]) is not None:
        given["error"] = f"{type(error).__name__}: {error}"
    return given


def _repr(value: object) -> str:
    try:
        return repr(value)
    except Exception:
        return f"<{type(value).__name__}>"


def _level(record: logging.LogRecord) -> str:
    for least, name in _LEVELS:
        if record.levelno >= least:
            return name
    return "debug"


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it."""
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT else f"{value[: MAX_TEXT - 1]}…"
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return _plain(str(value))


def configure(component: str, level: str = "info") -> None:
    """Begin to write log lines to stderr; called again, it begins anew.

    They are JSON if stderr is no terminal; LOG_FORMAT=json or text in the environment says
    otherwise.

    :param component: what runs, such as "replay".
    :param level: the least severe lines that are written: debug, info, warn, warning or error.
    :raises LogFormatError: if LOG_FORMAT is neither.
    """
    root = logging.getLogger()
    handler = _Handler(_format())
    root.handlers = [each for each in root.handlers if not isinstance(each, _Handler)]
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    _own.clear()
    bind(component=component)
    bind_here(dict)
    logging.captureWarnings(True)
    sys.excepthook = uncaught
    threading.excepthook = lambda found: uncaught(*found[:3])


def bind(**fields: Any) -> None:
    """Have every line of this process from now on hold these fields."""
    _own.update(fields)


def bind_here(fields: Callable[[], Mapping[str, Any]]) -> None:
    """Have every line hold what this returns when, and on the thread on which, it is logged."""
    global _here
    _here = fields


def is_json() -> bool:
    """Whether lines are JSON, so that a command that fails says it in such a line, too."""
    handlers = logging.getLogger().handlers
    return any(each.kind == "json" for each in handlers if isinstance(each, _Handler))


def _format() -> Format:
    given = os.environ.get("LOG_FORMAT") or ("text" if sys.stderr.isatty() else "json")
    for known in FORMATS:
        if given == known:
            return known
    raise LogFormatError(f'LOG_FORMAT is "{given}"; expected json or text')


def uncaught(
    kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None
) -> None:
    """Log an error that nothing has caught, which is a mistake in the program."""
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    log.critical("a mistake in the program: %s", error, exc_info=(kind, error or kind(), traceback))
