"""The command `market-data`, and the options that other commands share with it."""
