"""The URLs of the receivers: of options, variables, and a file that keeps their secrets."""

from __future__ import annotations

from collections.abc import Sequence

from algo_service.errors import NotifyError
from market_data.mqtt.access import read_text
from market_data.secret_file import warn_if_shared

MAX_RECEIVERS = 32


def read_urls(given: Sequence[str], file: str | None) -> list[str]:
    """Return the URLs that are given and those of the file, one a line.

    Empty lines of the file, and those that begin with "#", are left out.

    :raises NotifyError: if there is none, or there are too many.
    :raises BrokerOptionError: if the file cannot be read.
    """
    if file:
        warn_if_shared("--to-file", file)
    lines = read_text("--to-file", file).splitlines() if file else []
    listed = [line.strip() for line in lines]
    urls = [*given, *(line for line in listed if line and not line.startswith("#"))]
    if not urls:
        where = f"--to-file {file} holds no URL" if file else "--to and --to-file are not given"
        raise NotifyError(f"there is nobody to notify: {where}")
    if len(urls) > MAX_RECEIVERS:
        raise NotifyError(f"there are {len(urls)} receivers, and at most {MAX_RECEIVERS}")
    return urls
