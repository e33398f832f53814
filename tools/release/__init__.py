"""Releases: one version for both languages, packages, and a trial of them elsewhere."""
