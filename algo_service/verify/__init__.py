"""Runs the inputs that a journal keeps again, and compares what they led to."""
