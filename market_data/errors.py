"""What can be wrong with a feed, an address or a broker; each error reads as one sentence.

FeedError
├── SourceNotFoundError   neither a file nor a sample
├── UnusableFileError     a file that holds no quotes
├── StateFileError        a state file of another replay, a damaged one, one that cannot be written
├── AddressError          a URL that names no broker, or no page
├── TopicError            a topic that nothing can be published on
└── BrokerRefusedError    a broker that will not take this client or its quotes
"""

from __future__ import annotations


class FeedError(Exception):
    """Anything that keeps quotes from being read or published."""


class SourceNotFoundError(FeedError):
    """Neither a file nor a sample has this name."""

    def __init__(self, source: str, nearest: str | None, samples: list[str]):
        hint = f'did you mean "{nearest}"?' if nearest else f"samples are: {', '.join(samples)}"
        super().__init__(f'there is no file and no sample "{source}"; {hint}')
        self.source = source
        self.nearest = nearest
        self.samples = samples


class UnusableFileError(FeedError):
    """A file that cannot be read as quotes: what was found, and what is expected instead."""

    def __init__(self, path: str, found: str, expected: str):
        super().__init__(f"{path}: {found}; expected {expected}")
        self.path = path
        self.found = found
        self.expected = expected


class StateFileError(FeedError):
    """A state file that is no help: what was found, and what is expected instead."""

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


class BrokerRefusedError(FeedError):
    """The broker will not take this client, or its quotes, however long one waits."""

    def __init__(self, broker: str, refused: str, reason: str):
        super().__init__(f"the broker at {broker} refused {refused}: {reason}")
        self.broker = broker
        self.refused = refused
        self.reason = reason
