"""Algorithms that announce themselves at the broker: announcing, listing, forgetting."""
