"""Messages as feeds might send them, good and bad: the same for the same seed."""

from __future__ import annotations

import random

SYMBOLS = ["goog", "AAPL", "600519", "000001", "300750", "7", "LOW", "OPEN", "o", "h", " goog",
           "日経225", "\U0001f600", "\ufb01", "a:b", "toString", "__proto__", "x" * 64]  # fmt: skip
FIELDS = ["open", "Open", "high", "volume", "Volume", "price", "seq", "battery", "channel", "id",
          "ts", "time", "date", "c", "l", "data", "note", "s", "p", "T", "t"]  # fmt: skip
PRICES = ["345", "345.10", "1e2", "8.12e-06", '"345"', '"00317.3988"', '"8.12E-6"', "1e7"]
NO_PRICES = ["0", "-1", "1e10", "1e400", "NaN", '" 345"', '"0x1F"', '"abc"', "true", "null", "[1]",
             '"1e400"', '""', '"+1"', '".5"', "1" + "0" * 400, "-Infinity", "{}"]  # fmt: skip
SIDS = ['"GOOG"', '"goog "', r'"\tgoog\r\n"', "600519", "7.0", "1e3", '"日経225"', "-0", "-0.0",
        r'"\u0047OOG"', r'"\ud83d\ude00"']  # fmt: skip
NO_SIDS = ['""', '" "', "5.5", "9007199254740993", "true", "null", "[]", '"' + "x" * 65 + '"',
           r'"\ud800"', "1e400", "NaN", '"\u00a0"' + " " * 3]  # fmt: skip
# one instant, for a recording has to be in the order of time
TIMES = ['"2024-01-10"', "1704844800", "1704844800.0", "1.7048448e9", "1704844800000", "20240110",
         '"1704844800000000000"', '"2024-01-10T00:00:00Z"', '"20240110T000000Z"',
         "null"]  # fmt: skip
NO_TIMES = ['"2024-02-31"', '"soon"', '"01/02/2024"', "0", "2024", "1700000000123456789", "true",
            "[]", "1e400", "NaN", '"09:30"', "-1", "1e300"]  # fmt: skip
NO_IDS = ["0.5", '""', "null", "9007199254740993", "1e400", '"' + "x" * 257 + '"', "{}", "true"]
OTHERS = ["100", "100.0", "-0.0", "1e3", "2.5", "8389765489680951453", "1000000000000000000000001",
          "9007199254740991", "9007199254740992", "-9007199254740993", "1e22", "5e-324", "1e-400",
          '"text"', '"a:b"', r'"\"NaN\":"', '" x"', '":x"', "null", "true", '[1.0, {"x": 2.0}]',
          '{"a": 1.0, "b": [null]}', "[]", "{}"]  # fmt: skip
NO_OTHERS = ["NaN", "-Infinity", "1e400", "-1e999", "[1, NaN]", '{"a": {"b": Infinity}}',
             r'"\ud800"', r'{"\udc00": 1}', '{"a": 1, "a": 1}', "[" * 32 + "]" * 32,
             "1" + "0" * 5000]  # fmt: skip
DIGITS = b"0123456789"


class Messages:
    """Draws messages, each with an id of its own where it has a place for one."""

    def __init__(self, seed: int):
        self._random = random.Random(seed)
        self._count = 1_000_000  # ids that no other message has

    def draw(self) -> bytes:
        """Return one, on one line."""
        draws = [self._full, self._full, self._aliased, self._shorthand, self._array, self._raw]
        raw = self._random.choice(draws)().encode("utf-8", "surrogatepass")
        return self._damaged(raw) if self._random.random() < 0.05 else raw

    def _some(self, good: list[str], bad: list[str], chance: float = 0.1) -> str:
        return self._random.choice(bad if self._random.random() < chance else good)

    def _id(self) -> str:
        self._count += 1
        given = str(self._count)
        return self._some([f'"m{given}"', given, f"{given}.0"], NO_IDS, 0.05)

    def _map(self, pairs: list[tuple[str, str]]) -> str:
        chance = self._random.random
        if chance() < 0.3:
            self._random.shuffle(pairs)
        if pairs and chance() < 0.04:
            pairs.append(self._random.choice(pairs))
        before, behind = self._random.choice([("", ""), ("", " "), (" ", ""), ("\t", " \r")])
        parts = [f"{self._key(key)}{before}:{behind}{value}" for key, value in pairs]
        return "{" + ", ".join(parts) + "}"

    def _key(self, key: str) -> str:
        if key and self._random.random() < 0.03:
            return '"' + f"\\u{ord(key[0]):04x}" * (ord(key[0]) < 0x10000) + key[1:] + '"'
        return f'"{key}"'

    def _others(self) -> list[tuple[str, str]]:
        names = self._random.sample(["volume", "note", "size", "trade_id", "book", "bid", "12"], 3)
        return [
            (name, self._some(OTHERS, NO_OTHERS, 0.05))
            for name in names[: self._random.randrange(4)]
        ]

    def _times(self) -> list[tuple[str, str]]:
        names = ["ts", "ts", "time", "timestamp", "date", "datetime"]
        count = self._random.choice([0, 1, 1, 2])
        drawn = dict.fromkeys(self._random.choices(names, k=count))
        return [(name, self._some(TIMES, NO_TIMES)) for name in drawn]

    def _full(self) -> str:
        pairs = [
            ("sid", self._some(SIDS, NO_SIDS)),
            ("quote", self._some(PRICES, NO_PRICES)),
            ("id", self._id()),
        ]
        if self._random.random() < 0.05:
            del pairs[self._random.randrange(2)]
        return self._map([*pairs, *self._times(), *self._others()])

    def _aliased(self) -> str:
        pairs = [("id", self._id())]
        for name in self._random.sample(["sid", "symbol", "ticker"], self._random.choice([1, 2])):
            pairs.append((name, self._some(SIDS, NO_SIDS)))
        names = ["quote", "price", "last", "close"]
        for name in self._random.sample(names, self._random.choice([0, 1, 2])):
            pairs.append((name, self._some(PRICES, NO_PRICES)))
        return self._map([*pairs, *self._times(), *self._others()])

    def _shorthand(self) -> str:
        keys = self._random.sample(SYMBOLS, self._random.randrange(1, 5))
        if self._random.random() < 0.25:
            keys.append(self._random.choice(FIELDS))
        pairs = [(key, self._some(PRICES, NO_PRICES, 0.05)) for key in keys if key != "id"]
        return self._map([*pairs, *self._times()[:1], ("id", self._id())])

    def _array(self) -> str:
        draws = [self._full, self._full, self._full, self._aliased, self._shorthand]
        parts = [self._random.choice(draws)() for _ in range(self._random.randrange(4))]
        if self._random.random() < 0.05:
            parts.append(self._random.choice(["1", "null", "[]", '"x"']))
        return f"[{', '.join(parts)}]"

    def _raw(self) -> str:
        """A message of an exchange, which --fields reads on the channels raw/…"""
        self._count += 1
        inner = self._map(
            [
                ("s", self._some(SIDS, NO_SIDS)),
                ("t", f"{self._count}{'' if self._count % 3 else '.0'}"),
            ]
        )
        pairs = [
            ("channel", '"raw/x"'),
            ("data", inner),
            ("p", self._some(PRICES, NO_PRICES)),
            ("T", self._some(TIMES, NO_TIMES)),
            ("id", self._id()),
        ]
        if self._random.random() < 0.1:
            del pairs[self._random.randrange(1, 4)]
        return self._map([*pairs, *self._others()])

    def _damaged(self, raw: bytes) -> bytes:
        if self._random.random() < 0.3:
            return raw[: self._random.randrange(1, len(raw))]
        # of another digit a time would be another, and out of order
        at = self._random.choice([n for n, byte in enumerate(raw) if byte not in DIGITS])
        byte = self._random.choice([n for n in range(256) if n not in (10, 13, *DIGITS)])
        return raw[:at] + bytes([byte]) + raw[at + 1 :]
