"""What has to hold before the packages can be imported; for any Python since 3.8."""

import importlib.util
import os
import re
import sys

_HOME = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
"""The folder of the packages."""

PACKAGES = ("algo_service", "indicators", "market_data", "portfolio", "telemetry")


def objection() -> str:
    """Return why the packages cannot be imported here, as a sentence; empty if they can."""
    return _python() or next(filter(None, map(_hidden, PACKAGES)), "")


def _python() -> str:
    try:
        with open(os.path.join(_HOME, "pyproject.toml"), encoding="utf-8") as file:
            found = re.search(r'^requires-python = ">=(\d+)\.(\d+)"', file.read(), re.MULTILINE)
    except OSError:
        return ""  # installed from an archive, for which pip has checked it
    if found is None or sys.version_info[:2] >= tuple(map(int, found.groups())):
        return ""
    needed = ".".join(found.groups())
    version = ".".join(map(str, sys.version_info[:3]))
    return f"Tickwire needs Python {needed} or newer, and found {version} ({sys.executable})"


def _hidden(name: str) -> str:
    try:
        spec = importlib.util.find_spec(name)
    except ValueError:
        spec = None  # a module that was made without a file
    # a folder without __init__.py has no origin
    places = [] if spec is None else [spec.origin, *(spec.submodule_search_locations or ())]
    place = next(filter(None, places), "")
    if not place:
        return f"Tickwire's package {name} is missing in {_HOME}"
    folder = os.path.dirname(place) if os.path.basename(place) == "__init__.py" else place
    if os.path.realpath(folder) == os.path.join(_HOME, name):
        return ""
    return (
        f"{folder} is imported in place of Tickwire's own package {name}: rename it, and start"
        " Python anew"
    )
