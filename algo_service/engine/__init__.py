"""Decides on quotes: knows no network, no disk and no clock."""
