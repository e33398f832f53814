"""The server of algo-service, with CURVE: `curve.py KEYS`; it prints its address, then refusals."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from algo_service.rpc.curve.keys import read_server_keys
from algo_service.rpc.server import Server


def main() -> None:
    """Serve until killed."""
    logging.basicConfig(stream=sys.stdout, format="%(message)s")
    server = Server({"echo": lambda value: value}, "curve", read_server_keys(Path(sys.argv[1])))
    port = server._events._socket.bind_to_random_port("tcp://127.0.0.1")
    sys.stdout.write(f"tcp://127.0.0.1:{port}\n")
    sys.stdout.flush()
    server.run()


main()
