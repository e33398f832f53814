"""Runs the pipeline until Ctrl-C."""

import signal
import sys


def main() -> int:
    """Run the pipeline that the environment describes, and return its exit status."""
    # Ctrl-C while Python imports: an end, and no traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    import os
    import secrets

    from tools.run.parts import parts
    from tools.run.pipeline import Pipeline
    from tools.run.ports import PortError, read, reserve

    try:
        ports = read(os.environ)
        locks = reserve(ports)
    except PortError as error:
        sys.stderr.write(f"make run: {error}\n")
        return 2
    sys.stdout.write(
        f"make run: broker at mqtt://127.0.0.1:{ports['MQTT_PORT']}, which keeps nothing on disk;"
        " Ctrl-C ends all\n"
    )
    sys.stdout.flush()
    with locks:
        return Pipeline(parts(os.environ, ports, secrets.token_hex(4))).run()


if __name__ == "__main__":
    sys.exit(main())
