"""Results: performance, trades, rejections."""
