"""ZeroMQ's CURVE for the RPC: keys in folders, who is admitted, and the log of who is not."""
