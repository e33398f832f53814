"""Steps that run side by side."""
