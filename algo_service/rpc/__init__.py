"""ZeroRPC: what is exposed, the server, and calls to one."""
