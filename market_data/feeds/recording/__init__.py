"""A folder that the recorder writes: its layout, and how it is read."""
