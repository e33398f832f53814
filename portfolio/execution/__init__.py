"""How orders are executed: on paper, with costs."""
