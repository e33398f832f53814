"""What a process tells of itself: metrics, whether it lives, and whether it is useful."""
