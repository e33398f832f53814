"""The contract that this package follows (contracts/README.md)."""

CONTRACT = 4
"""Its version."""
