"""Python's own client with CURVE calls a server once: `curve_client.py KEYS ADDRESS`."""

from __future__ import annotations

import sys
from pathlib import Path

import zerorpc
import zmq
import zmq.auth


def main() -> None:
    """Call it, and print what came."""
    keys = Path(sys.argv[1])
    public, secret = zmq.auth.load_certificate(keys / "client.key_secret")
    client = zerorpc.Client(timeout=60)
    client._events.setsockopt(
        zmq.CURVE_SERVERKEY, zmq.auth.load_certificate(keys / "server.key")[0]
    )
    client._events.setsockopt(zmq.CURVE_PUBLICKEY, public)
    client._events.setsockopt(zmq.CURVE_SECRETKEY, secret)
    client.connect(sys.argv[2])
    sys.stdout.write(f"{client.echo('heard')}\n")
    sys.stdout.flush()
    client.close()


main()
