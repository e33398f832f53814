"""What `algo-service serve` tells of itself: its metrics, and why it is of no use just now."""
