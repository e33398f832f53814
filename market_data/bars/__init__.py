"""Quotes become bars of one interval; it knows no file, no network and no clock."""
