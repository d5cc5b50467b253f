"""Opens many keep-alive connections, each after one answered request, and holds them."""

import contextlib
import resource
import socket
from collections.abc import Iterator

from .servers import Running

_REQUEST = b"GET /native/hello HTTP/1.1\r\nHost: bench\r\n\r\n"


def allow_descriptors(wanted: int) -> int:
    """Raises the soft limit of this process, and so of the servers it starts. Returns the limit in force."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return max(soft, limit)


def _open(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall(_REQUEST)
    if not connection.recv(4096).startswith(b"HTTP/1.1 200"):
        raise RuntimeError("a connection that was to be idle got no answer")
    return connection


@contextlib.contextmanager
def idle_connections(running: Running, count: int) -> Iterator[list[socket.socket]]:
    connections: list[socket.socket] = []
    try:
        # Those that were opened are in the list, and so are closed, when a later one fails.
        connections.extend(_open(running.port) for _ in range(count))
        yield connections
    finally:
        for connection in connections:
            connection.close()


def still_open(connections: list[socket.socket]) -> int:
    """How many of them the server has not closed."""
    alive = 0
    for connection in connections:
        connection.setblocking(False)
        try:
            alive += connection.recv(1) != b""
        except BlockingIOError:
            alive += 1
        except OSError:
            pass
    return alive
