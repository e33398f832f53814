"""Runs the command `algo-service` as `python -m algo_service`."""

from tickwire import entry

if __name__ == "__main__":
    entry.algo_service()
