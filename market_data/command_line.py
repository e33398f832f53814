"""What was given on the command line, where everyone on this machine can read it."""

from __future__ import annotations

import logging

import click
from click.core import ParameterSource

log = logging.getLogger(__name__)


def is_on_command_line(name: str) -> bool:
    """Return whether a parameter of the command that runs was given there, not by a variable."""
    context = click.get_current_context(silent=True)
    return bool(context and context.get_parameter_source(name) is ParameterSource.COMMANDLINE)


def warn_if_listed(name: str, what: str, instead: str) -> None:
    """Log a line if a secret can be seen in the list of processes.

    :param name: of the parameter that holds it.
    :param what: it is, such as `the password in --mqtt`.
    :param instead: what keeps it out of there.
    """
    if is_on_command_line(name):
        log.warning(
            "%s can be seen by everyone on this machine, in the list of processes: %s, keeps it out"
            " of there",
            what,
            instead,
        )
