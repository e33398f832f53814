"""What became of it: performance, trades, rejections."""
