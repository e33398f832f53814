"""The command `algo-service`: each command parses, calls one function, prints."""
