"""The command `zerorpc`, which calls and inspects a service from the shell.

zerorpc 0.6.3's own script of this name asks for `collections.Iterator`, which left Python with
3.10, before it prints a result. This one gives it back and then runs zerorpc's.
"""

import collections
import collections.abc
import sys

import zerorpc.cli


def main() -> None:
    """Run zerorpc's command line."""
    collections.Iterator = collections.abc.Iterator  # type: ignore[attr-defined]
    sys.exit(zerorpc.cli.main())
