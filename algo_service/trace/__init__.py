"""What became of one input: when it came and was decided, its orders and fills, and when those."""
