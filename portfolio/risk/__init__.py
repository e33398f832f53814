"""How much to buy, and within which limits."""
