"""Live sources, published as their quotes come: `market-data live`."""
