"""The built-in algorithms, as the tests of all of them take them."""

from algo_service.algorithms import BUILT_IN

ON_QUOTES = [name for name in BUILT_IN if name != "published_cross"]
"""Those that trade on quotes alone, without published indicators."""
