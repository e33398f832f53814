"""Decision stores: in memory, and on disk as a journal."""
