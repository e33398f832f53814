"""Whether a text is JSON, however deeply it is nested: `json` gives up at some depth."""

from __future__ import annotations

import re

# RFC 8259, sections 3 to 7; `++` and `*+` take back nothing, so that the time grows as the length
_TOKEN = re.compile(
    r"""[ \t\n\r]*+(?:
    (?P<mark>[\[\]{},:])
    | (?P<text>"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+")
    | (?P<value>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+
        | true|false|null|NaN|-?Infinity)
    | (?P<end>\Z)
    )""",
    re.VERBOSE,
)

_BEGIN = {"]": "[", "}": "{"}
_MAY_END = ("first", "key or end", "more")
"""What may be expected where a list, or a map, ends."""


def is_json(text: str) -> bool:
    """Tell whether it is one value, with the numbers that `json` takes as well."""
    around: list[str] = []
    expected = "value"
    at = 0
    while match := _TOKEN.match(text, at):
        at = match.end()
        kind = str(match.lastgroup)
        token = match[kind] if kind == "mark" else kind
        if token == "end":
            return expected == "end"
        if expected in ("value", "first") and token in "{[":
            around.append(token)
            expected = "first" if token == "[" else "key or end"
        elif expected in ("value", "first") and token in ("text", "value"):
            expected = _behind(around)
        elif expected in ("key", "key or end") and token == "text":
            expected = ":"
        elif expected == ":" and token == ":":
            expected = "value"
        elif expected == "more" and token == ",":
            expected = "value" if around[-1] == "[" else "key"
        elif token in _BEGIN and expected in _MAY_END and around[-1:] == [_BEGIN[token]]:
            around.pop()
            expected = _behind(around)
        else:
            return False
    return False


def _behind(around: list[str]) -> str:
    return "more" if around else "end"
