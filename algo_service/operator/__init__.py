"""What a person asks of a running algorithm: to halt, to resume, to reset a limit, to flatten."""
