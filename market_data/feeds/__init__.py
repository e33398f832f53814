"""Price history from files, databases and recordings, and the message that a quote becomes."""
