import socket

from raylign.gateway.serve import _listening


def test_the_socket_says_that_it_is_tcp() -> None:
    """Else asyncio leaves Nagle's algorithm on, and every answer waits 40 ms for an acknowledgement."""
    with _listening("127.0.0.1", 0) as sock:
        assert sock.proto == socket.IPPROTO_TCP
