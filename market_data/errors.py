"""What can be wrong with a feed, an address or a broker; each error reads as one sentence.

FeedError
├── SourceNotFoundError   neither a file nor a sample
├── UnusableFileError     a file or a database that holds no quotes
├── MissingPackageError   a source that needs a package which is not installed
├── ColumnsError          a choice of columns that cannot be understood
├── UnknownColumnError    a choice of a column that the table does not have
├── ReadOptionError       an option of reading that is not valid, or does not apply
├── SkippedRowError       a row that is not a valid quote, with `strict`
├── BarsError             bars of different lengths that would be merged by times of unknown meaning
├── UnsortedError         a quote that is earlier than the one before it
├── UntimedError          a quote without a time where its time decides the order
├── UnusableQuoteError    a quote that cannot be part of a bar
├── StateFileError        a state file of another replay, a damaged one, one that cannot be written
├── RecordingError        a folder that a recorder cannot write, or must not
├── AddressError          a URL that names no broker, or no page
├── TopicError            a topic that nothing can be published on
├── FilterError           a topic filter that one cannot subscribe to
├── PrefixError           a prefix that topics cannot begin with
├── BrokerOptionError     options of a broker that exclude or need one another, or a file of theirs
├── NotReadyError         a page that will never answer that the reader is ready
├── SessionTakenError     a session at the broker that another process uses, too
├── ClientIdTakenError    a client id that another client connects with again and again
└── BrokerRefusedError    a broker that will not take this client or its quotes
    └── UntrustedBrokerError  a broker whose certificate is not that of whom we want to speak to
"""

from __future__ import annotations

from collections.abc import Mapping


class FeedError(Exception):
    """The base of the others: quotes cannot be read or published."""


class SourceNotFoundError(FeedError):
    """Neither a file nor a sample has this name."""

    def __init__(self, source: str, nearest: str | None, samples: list[str]):
        hint = f'did you mean "{nearest}"?' if nearest else f"samples are: {', '.join(samples)}"
        super().__init__(f'there is no file and no sample "{source}"; {hint}')
        self.source = source
        self.nearest = nearest
        self.samples = samples


class UnusableFileError(FeedError):
    """A source that cannot be read as quotes: what was found, and what is expected instead."""

    def __init__(self, path: str, found: str, expected: str):
        super().__init__(f"{path}: {found}; expected {expected}")
        self.path = path
        self.found = found
        self.expected = expected


class MissingPackageError(FeedError):
    """Something that needs a package of an extra, by default reading a source."""

    def __init__(
        self, source: str, package: str, extra: str = "backtest", *, doing: str = "reading"
    ):
        super().__init__(
            f"{doing} {source} needs {package}, which is not installed;"
            f" pip install 'tickwire[{extra}]' brings it"
        )
        self.source = source
        self.package = package


class ColumnsError(FeedError):
    """A choice of columns that cannot be understood: the part of it, and what was meant."""

    def __init__(self, part: str, expected: str):
        super().__init__(f'"{part}" names no column for a field of a quote; {expected}')
        self.part = part
        self.expected = expected


class UnknownColumnError(FeedError):
    """A column was chosen for the field `key` which the table does not have."""

    def __init__(self, source: str, key: str, column: str, nearest: str | None, columns: str):
        hint = f'did you mean "{nearest}"?' if nearest else f"its columns are {columns}"
        super().__init__(f'{source}: there is no column "{column}" for {key}; {hint}')
        self.source = source
        self.key = key
        self.column = column
        self.nearest = nearest


class ReadOptionError(FeedError):
    """An option of reading that is not valid, or does not apply."""

    def __init__(self, option: str, value: object, reason: str):
        super().__init__(f"{option} is {value!r:.40}: {reason}")
        self.option = option
        self.value = value


class SkippedRowError(FeedError):
    """A row that is not a valid quote, with `strict`."""

    def __init__(self, source: str, row: int, reason: str):
        super().__init__(f"{source}: row {row}: {reason}; without --strict it is skipped")
        self.source = source
        self.row = row


class BarsError(FeedError):
    """Bars of different lengths, some of unknown ends: merging them would look ahead."""

    def __init__(self, lengths: Mapping[str, str], unknown: str):
        listed = ", ".join(f"{source} has {length}" for source, length in lengths.items())
        super().__init__(
            f"{listed}: bars of different lengths are merged by their ends, and {unknown} does not"
            " tell whether its times are these; say what they mean by --bar-time open or"
            " --bar-time close"
        )
        self.lengths = dict(lengths)


class UnsortedError(FeedError):
    """The quote of a row is earlier than the one of a row before it in the same source."""

    def __init__(
        self,
        source: str,
        row: int,
        ts: object,
        row_before: int,
        ts_before: object,
        hint: str = "",
    ):
        super().__init__(
            f"{source}: row {row} is of {ts}, earlier than row {row_before} of {ts_before};"
            f" expected rows in the order of time, or --sort{hint}"
        )
        self.source = source
        self.row = row
        self.ts = ts
        self.row_before = row_before
        self.ts_before = ts_before


class UntimedError(FeedError):
    """A quote without a time, where its time decides the order."""

    def __init__(self, source: str, row: int):
        super().__init__(
            f"{source}: row {row} has no time, and merging, sorting, picking by time and bars"
            ' need one; expected "ts" in every quote'
        )
        self.source = source
        self.row = row


class UnusableQuoteError(FeedError):
    """A quote that cannot be part of a bar of this interval."""

    def __init__(self, quote: Mapping[str, object], interval: str, found: str):
        super().__init__(
            f"no bar of {interval} can be made of the quote of {quote['sid']}"
            f"{_with_id(quote)}: {found}"
        )
        self.interval = interval
        self.found = found


def _with_id(quote: Mapping[str, object]) -> str:
    return f' with the id "{quote["id"]}"' if "id" in quote else ""


class StateFileError(FeedError):
    """A state file that cannot be used: what was found, and what is expected instead."""

    def __init__(self, path: str, found: str, expected: str):
        super().__init__(f"{path}: {found}; expected {expected}")
        self.path = path
        self.found = found
        self.expected = expected


class RecordingError(FeedError):
    """A folder that a recorder cannot write: what was found, and what is expected instead."""

    def __init__(self, path: str, found: str, expected: str):
        super().__init__(f"{path}: {found}; expected {expected}")
        self.path = path
        self.found = found
        self.expected = expected


class AddressError(FeedError):
    """A URL of another form than the expected one; holds no URL, for it may hold a password."""

    def __init__(self, found: str, expected: str):
        super().__init__(f"{found}; expected {expected}")
        self.found = found
        self.expected = expected


class TopicError(FeedError):
    """A topic that nothing can be published on."""

    def __init__(self, topic: str, reason: str):
        super().__init__(f"nothing can be published on the topic {topic!r}: {reason}")
        self.topic = topic
        self.reason = reason


class FilterError(FeedError):
    """A topic filter that one cannot subscribe to, alone or beside the others."""

    def __init__(self, topic_filter: str, reason: str):
        super().__init__(f"{topic_filter!r} cannot be subscribed to: {reason}")
        self.topic_filter = topic_filter
        self.reason = reason


class PrefixError(FeedError):
    """A prefix that topics cannot begin with."""

    def __init__(self, prefix: str, reason: str):
        super().__init__(f"--prefix is {prefix!r:.60}: {reason}; expected levels such as site1/")
        self.prefix = prefix
        self.reason = reason


class BrokerOptionError(FeedError):
    """An option of the connection to a broker that cannot be used; holds no password."""

    def __init__(self, option: str, reason: str):
        super().__init__(f"{option} {reason}")
        self.option = option
        self.reason = reason


class NotReadyError(FeedError):
    """A page that answers that this replay does not belong to it."""

    def __init__(self, page: str, reason: str):
        super().__init__(f"{page} is not for this replay: {reason}")
        self.page = page
        self.reason = reason


class SessionTakenError(FeedError):
    """Another process has connected with the same session: each would disconnect the other.

    :param closed: the connections that the broker has closed, where it does not tell why.
    """

    def __init__(self, session: str, broker: str, closed: int = 0):
        found = (
            f"the broker at {broker} has closed {closed} connections of the session"
            f' "{session}" soon after they were made, as it does if another process uses it'
            if closed
            else f'another process uses the session "{session}" at the broker at {broker}'
        )
        super().__init__(
            f"{found}: a session serves one process; end the other one, or give this one another"
            " session by --session"
        )
        self.session = session
        self.broker = broker


class ClientIdTakenError(FeedError):
    """Another client connects with our client id again and again, which is random."""

    def __init__(self, broker: str, takeovers: int):
        super().__init__(
            f"another client has taken our client id at the broker at {broker} {takeovers} times in"
            " a row: this one is random, so the broker gives both the same, as mosquitto does with"
            " use_username_as_clientid; give each client a user name of its own"
        )
        self.broker = broker


class BrokerRefusedError(FeedError):
    """The broker refuses this client, or its messages, and waiting does not help."""

    def __init__(self, broker: str, refused: str, reason: str):
        super().__init__(f"the broker at {broker} refused {refused}: {reason}")
        self.broker = broker
        self.refused = refused
        self.reason = reason

    @property
    def fault(self) -> str:
        """The same about a broker that is named before."""
        return f"it refused {self.refused}: {self.reason}"


class UntrustedBrokerError(BrokerRefusedError):
    """The broker's certificate does not show that it is the one that the URL names."""

    def __init__(self, broker: str, reason: str):
        FeedError.__init__(self, f"the broker at {broker} cannot be trusted: {reason}")
        self.broker = broker
        self.refused = "the connection"
        self.reason = reason

    @property
    def fault(self) -> str:
        """The same about a broker that is named before."""
        return self.reason
