"""The command `zerorpc`, which calls and inspects a service from the shell.

zerorpc 0.6.3's own script of this name asks for `collections.Iterator`, which left Python with
3.10, before it prints a result. This one gives it back and then runs zerorpc's, with one option
more.
"""

import collections
import collections.abc
import os
import sys
from pathlib import Path
from typing import Any

import zerorpc.cli

from algo_service.errors import CurveError
from algo_service.rpc.curve.keys import read_client_keys

_VARIABLE = "ALGO_SERVICE_CURVE_KEYS"


def main() -> None:
    """Run zerorpc's command line."""
    zerorpc.cli.parser.add_argument(
        "--curve-keys",
        metavar="DIR",
        default=os.environ.get(_VARIABLE) or None,
        help=f"call the service by CURVE alone, with the keys in this folder (or in {_VARIABLE})",
    )
    connect = zerorpc.cli.setup_links

    def setup_links(args: Any, peer: Any) -> None:
        if args.curve_keys and not args.client:
            sys.exit("zerorpc: --curve-keys is for a client: --server would serve in the clear")
        try:
            if args.curve_keys:
                read_client_keys(Path(args.curve_keys)).use_at(peer._events)
        except CurveError as error:
            sys.exit(f"zerorpc: {error}")
        connect(args, peer)

    zerorpc.cli.setup_links = setup_links
    collections.Iterator = collections.abc.Iterator  # type: ignore[attr-defined]
    sys.exit(zerorpc.cli.main())
