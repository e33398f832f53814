"""Price history as messages, at a chosen rate, from where the last run has come."""
