"""Cash, positions, orders and fills."""
