"""Where the commands begin: what has to come before the imports that take long.

For any Python since 3.8, so that an older one than is needed can be named in a sentence.
"""

import signal
import sys

# A command that is interrupted while Python imports ends at once and without a traceback. Those
# that have something to do then take the signal over once they are imported.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is ignored
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def algo_service() -> None:
    """Run the command `algo-service`."""
    _run("algo-service", "algo_service.commands.main")


def market_data() -> None:
    """Run the command `market-data`."""
    _run("market-data", "market_data.commands.main")


def zerorpc() -> None:
    """Run the command `zerorpc`."""
    _run("zerorpc", "algo_service.commands.zerorpc")


def _run(command: str, module: str) -> None:
    from importlib import import_module

    from tickwire.checks import objection

    reason = objection()
    if reason:
        sys.stderr.write(f"{command}: {reason}\n")
        sys.exit(2)
    import_module(module).main()
