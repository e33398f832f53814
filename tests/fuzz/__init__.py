"""Looks for inputs that are neither read nor refused: `make fuzz`, or `python -m tests.fuzz`."""
