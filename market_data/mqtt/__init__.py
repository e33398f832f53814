"""The way to a broker: address, connection, and publishing in order."""
