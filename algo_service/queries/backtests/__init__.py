"""Runs backtests for whoever asks, one at a time, each in a process of its own."""
