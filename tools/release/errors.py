"""What keeps a release from being made."""


class ReleaseError(Exception):
    """A release cannot be made; the sentence says why."""
