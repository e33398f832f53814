"""Runs the command `market-data` as `python -m market_data`."""

from tickwire import entry

if __name__ == "__main__":
    entry.market_data()
