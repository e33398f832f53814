"""Those compared, and how each is started: it returns once it has subscribed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from algo_service.rpc.curve import keys
from benchmarks.environment import environment
from benchmarks.pipeline.stage import HERE, Stage
from tests.support.processes import Process, eventually, free_port, readyz

PEERS = HERE / "peers"


class Party(NamedTuple):
    """One of those compared."""

    name: str
    start: Callable[[Stage], None]
    """Starts its processes and puts them into `stage.parts`."""
    array: int = 0
    """Quotes in each message that it gets; 0 for single ones."""


def service(
    stage: Stage,
    algo: str = "EverySecond",
    name: str | None = None,
    journal: bool = False,
    env: dict[str, str] | None = None,
    options: tuple[object, ...] = (),
) -> str:
    """Start `algo-service` and return its address."""
    address = stage.address()
    process = stage.start(
        *("algo-service", "serve", "--addr", address),
        *("--algo", f"{PEERS / 'every_second.py'}:{algo}", "--name", name or algo),
        *(("--journal", stage.folder / f"{name or algo}.journal") if journal else ()),
        *options,
        env=env,
    )
    process.wait_for("serving on")
    stage.parts["service" if name is None else f"service {name}"] = process
    return address


def bridge(
    stage: Stage,
    *addresses: str,
    name: str | None = None,
    options: tuple[object, ...] = (),
    url: str | None = None,
) -> Process:
    """Start `bridge-node`, with a route for each address, and return it."""
    http = free_port()
    process = stage.start(
        *("bridge-node", "--mqtt", url or stage.broker.url, "--rpc", " ".join(addresses)),
        *("--http", http, "--log-level", "warn", *options),
    )
    eventually(lambda: readyz(http) == 200, "the bridge's readiness", interval=0.005)
    stage.parts["bridge" if name is None else f"bridge {name}"] = process
    return process


def _tickwire(stage: Stage) -> None:
    bridge(stage, service(stage))


def _tickwire_journal(stage: Stage) -> None:
    bridge(stage, service(stage, journal=True))


def _tickwire_orders(stage: Stage) -> None:
    bridge(stage, service(stage, "OrdersOnly"))


def _tickwire_arrays(stage: Stage) -> None:
    bridge(stage, service(stage), options=("--batch-outputs",))


def _tickwire_journal_arrays(stage: Stage) -> None:
    bridge(stage, service(stage, journal=True), options=("--batch-outputs",))


def _tickwire_encrypted(stage: Stage, curve: bool = False, tls: bool = False) -> None:
    of_service: tuple[object, ...] = ()
    of_bridge: tuple[object, ...] = ()
    url = None
    if curve:
        of_service = ("--curve-keys", keys.init(stage.folder / "keys"))
        of_bridge = ("--curve-keys", keys.add(stage.folder / "keys", "bridge"))
    if tls:
        authority, url = stage.listen_with_tls()
        of_bridge = (*of_bridge, "--ca", authority)
    address = service(stage, journal=True, options=of_service)
    bridge(stage, address, options=of_bridge, url=url)


def _article(stage: Stage) -> None:
    address = stage.address()
    server = stage.start("python", PEERS / "article_server.py", address)
    server.wait_for("serving")
    client = stage.start("node", PEERS / "article.mjs", stage.broker.port, address)
    client.wait_for("ready")
    stage.parts |= {"server": server, "client": client}


def _echo(stage: Stage) -> None:
    _one(stage, "node", PEERS / "echo.mjs")


def _paho(stage: Stage) -> None:
    _one(stage, "python", PEERS / "paho_callback.py")


def _aiomqtt(stage: Stage) -> None:
    python = environment("aiomqtt", PEERS / "requirements-aiomqtt.txt")
    _one(stage, python, PEERS / "aiomqtt_loop.py")


def _one(stage: Stage, *command: str | Path) -> None:
    process = stage.start(*command, stage.broker.port)
    process.wait_for("ready")
    stage.parts["program"] = process


TICKWIRE = Party("tickwire", _tickwire)
ORDERS_ONLY = Party("tickwire, no portfolio", _tickwire_orders)
JOURNAL = Party("tickwire --journal", _tickwire_journal)
ARRAYS = Party("tickwire, arrays", _tickwire_arrays, array=500)
JOURNAL_ARRAYS = Party("tickwire --journal, arrays", _tickwire_journal_arrays, array=500)
CURVE = Party("tickwire --journal, CURVE to the service", partial(_tickwire_encrypted, curve=True))
TLS = Party("tickwire --journal, TLS to the broker", partial(_tickwire_encrypted, tls=True))
CURVE_AND_TLS = Party(
    "tickwire --journal, CURVE and TLS", partial(_tickwire_encrypted, curve=True, tls=True)
)
ARTICLE = Party("one awaited RPC each", _article)
ECHO = Party("mqtt.js", _echo)
PAHO = Party("paho-mqtt callback", _paho)
AIOMQTT = Party("aiomqtt loop", _aiomqtt)
