"""The file of `--exchange-config`: what ccxt is to know of an exchange."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from market_data.live.exchange.errors import ExchangeConfigError
from market_data.secret_file import warn_if_shared


def read_config(file: str | None) -> Mapping[str, Any]:
    """Return the object in a file of JSON, and of no file an empty one.

    :raises ExchangeConfigError: if there is no such file, or no object in it.
    """
    if not file:
        return {}
    warn_if_shared("--exchange-config", file)
    path = Path(file)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ExchangeConfigError(str(path), f"it cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        # its text may be a secret
        raise ExchangeConfigError(str(path), "it is not JSON") from error
    if not isinstance(found, dict) or not isinstance(found.get("options", {}), dict):
        raise ExchangeConfigError(str(path), f"it holds a {type(found).__name__}")
    return found
