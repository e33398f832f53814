"""The options of the commands that speak MQTT, such as `market-data replay`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from market_data.command_line import is_on_command_line, warn_if_listed
from market_data.errors import BrokerOptionError
from market_data.mqtt.access import BrokerAccess, TlsFiles, read_text
from market_data.mqtt.address import BrokerAddress, read_prefix
from market_data.secret_file import warn_if_shared

Command = TypeVar("Command", bound=Callable[..., Any])

_URL: dict[str, Any] = {
    "metavar": "URL",
    "default": "mqtt://127.0.0.1:1883",
    "show_default": True,
    "help": "The broker: mqtt://[user:password@]host[:port], or mqtts:// for TLS. Special"
    " characters of user and password are percent-encoded.",
}
_OPTIONS: dict[str, dict[str, Any]] = {
    "ca": {
        "metavar": "FILE",
        "help": "Certificates (PEM) of the authorities to trust, in place of the system's.",
    },
    "cert": {"metavar": "FILE", "help": "The client's own certificate (PEM); needs --key."},
    "key": {"metavar": "FILE", "help": "The key of --cert (PEM), without a passphrase."},
    "username": {"metavar": "NAME", "help": "The user, where the URL names none."},
    "password_file": {
        "metavar": "FILE",
        "help": "A file with the password as its first line, where the URL has none.",
    },
    "prefix": {"metavar": "PREFIX", "help": "The prefix of all topics, such as site1/."},
}


def mqtt_options(
    environment: str, url: str = "mqtt", **declared: Any
) -> Callable[[Command], Command]:
    """Add the options; the command receives them as keywords, for `taken_access`.

    :param environment: the beginning of the names of environment variables.
    :param url: the name of the option that takes the broker's URL.
    :param declared: how click declares that option, where it is not `--mqtt`.
    """

    def decorate(command: Command) -> Command:
        for name, declaration in reversed([(url, declared or _URL), *_OPTIONS.items()]):
            command = click.option(
                f"--{name.replace('_', '-')}",
                name,
                envvar=f"{environment}_{name.upper()}",
                show_envvar=True,
                **declaration,
            )(command)
        return command

    return decorate


def taken_access(options: dict[str, Any], url: str = "mqtt") -> BrokerAccess:
    """Remove the options from a command's keywords, and return the access that they describe.

    Secrets that others on this machine can see are told in a log line.

    :param url: as of `mqtt_options`.
    :raises AddressError: if the URL has another form.
    :raises BrokerOptionError: if options exclude or need one another, or a file cannot be used.
    :raises PrefixError: if topics cannot begin with the prefix.
    """
    # an empty option counts as not given
    given = {name: options.pop(name) or None for name in (url, *_OPTIONS)}
    address = BrokerAddress.parse(given[url] or "")
    tls = TlsFiles(given["ca"], given["cert"], given["key"])
    if not address.tls:
        for name, file in tls._asdict().items():
            if file:
                raise BrokerOptionError(
                    f"--{name}", f"is for TLS, and {address} has none; expected mqtts://"
                )
    for one, other in (("cert", "key"), ("key", "cert")):
        if given[one] and not given[other]:
            raise BrokerOptionError(f"--{one}", f"needs --{other}")
    if address.tls:
        tls.context()
    if address.password is not None:
        warn_if_listed(url, f"the password in --{url}", "--password-file, or a variable")
    for option, file in (("--key", given["key"]), ("--password-file", given["password_file"])):
        if file:
            warn_if_shared(option, file)
    user, password = _credentials(address, given["username"], given["password_file"])
    prefix = read_prefix(given["prefix"] or "")
    return BrokerAccess(address._replace(user=user, password=password), tls, prefix)


def taken_access_if_given(options: dict[str, Any], url: str) -> BrokerAccess | None:
    """Do the same where the URL has no default; None if it is not given.

    :raises UsageError: if another one is given on the command line without it.
    """
    if options[url]:
        return taken_access(options, url)
    for name in (url, *_OPTIONS):
        # a variable may be meant for other commands
        if options.pop(name) and is_on_command_line(name):
            raise click.UsageError(f"--{name.replace('_', '-')} needs --{url}")
    return None


def _credentials(
    address: BrokerAddress, username: str | None, password_file: str | None
) -> tuple[str | None, str | None]:
    if username and address.user is not None:
        raise BrokerOptionError("--username", "and a user in the URL: give one of them")
    if password_file and address.password is not None:
        raise BrokerOptionError("--password-file", "and a password in the URL: give one of them")
    user = username or address.user
    if not password_file:
        return user, address.password
    if user is None:
        raise BrokerOptionError("--password-file", "needs --username, or a user in the URL")
    first = read_text("--password-file", password_file).split("\n", 1)[0].removesuffix("\r")
    if not first:
        raise BrokerOptionError(f"--password-file {password_file}", "has an empty first line")
    return user, first
