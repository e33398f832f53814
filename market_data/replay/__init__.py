"""Price history as messages, at a chosen rate, continued where the last run ended."""
