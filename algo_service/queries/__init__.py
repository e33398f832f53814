"""Answers questions about the past of an algorithm: the contract's method `query`."""
