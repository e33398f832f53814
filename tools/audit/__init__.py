"""Known vulnerabilities of the locked packages."""
