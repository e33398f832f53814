"""Resets the limits of a running service, on request of a person."""

from __future__ import annotations

import zerorpc
import zmq

from algo_service.errors import AddressError
from algo_service.rpc.address import check_address


def reset(address: str) -> str | None:
    """Allow the service at `address` to buy again.

    :return: why a limit had stopped it; None if none had.
    :raises AddressError: if the address is not valid, or no service answers that can do so.
    """
    check_address(address, "--addr")
    client = zerorpc.Client(timeout=10)
    try:
        client.connect(address)
        halt: str | None = client.reset()
    except (zerorpc.LostRemote, zerorpc.TimeoutExpired) as error:
        raise AddressError(f"no service answers at {address}: see its --addr") from error
    except zerorpc.RemoteError as error:
        raise AddressError(
            f"the service at {address} refuses: {error.name}: {error.msg}"
        ) from error
    except zmq.ZMQError as error:
        raise AddressError(f"cannot connect to {address}: {error.strerror}") from error
    finally:
        client.close()
    return halt
