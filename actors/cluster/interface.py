"""By which of its network interfaces a node is reached."""

import socket

import psutil

from raylign.errors import RunError


def interface_towards(address: str) -> str:
    """Name of the network interface by which this node reaches ``address``, and so is reached.

    Gloo by itself listens where the node's own name leads, which is the loopback on many machines, and elsewhere
    nowhere: ranks on other nodes would wait for it in vain. Raises `RunError`.
    """
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect((address, 9))  # sends nothing
        except OSError as error:
            raise RunError(f"this node has no way to the trainer's rank 0 at {address}: {error}") from error
        own = asked.getsockname()[0]
    for name, addresses in psutil.net_if_addrs().items():
        if any(one.address.partition("%")[0] == own for one in addresses):
            return name
    raise RunError(f"no network interface of this node has the address {own}, by which it reaches {address}")
