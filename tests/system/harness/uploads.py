"""Many clients that send a body and read the answer at the same time, in one thread."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field

LOST = "lost"
PIECE = 256 * 1024


@dataclass
class Uploads:
    """What became of one POST of each client.

    Attributes:
        results: how often each HTTP status came; LOST where none came.
        retry_after: whether each 503 had Retry-After.
    """

    results: Counter[int | str] = field(default_factory=Counter)
    retry_after: bool = True


def upload(port: int, path: str, clients: int, size: int) -> Uploads:
    """Sends one POST of ``size`` bytes from each client, all at once; blocks until each has its outcome."""
    uploads = Uploads()
    asyncio.run(_all(uploads, port, path, clients, size))
    return uploads


async def _all(uploads: Uploads, port: int, path: str, clients: int, size: int) -> None:
    body = memoryview(bytes(size))
    await asyncio.gather(*(_one(uploads, port, path, body) for _ in range(clients)))


async def _one(uploads: Uploads, port: int, path: str, body: memoryview) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sending = asyncio.create_task(_send(writer, path, body))
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    except (asyncio.IncompleteReadError, ConnectionError):
        uploads.results[LOST] += 1
    else:
        status = int(head.split()[1])
        uploads.results[status] += 1
        uploads.retry_after = uploads.retry_after and (status != 503 or "retry-after: " in head)
    finally:
        sending.cancel()
        writer.transport.abort()


async def _send(writer: asyncio.StreamWriter, path: str, body: memoryview) -> None:
    """Sends until the server has enough."""
    try:
        writer.write(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        for start in range(0, len(body), PIECE):
            writer.write(body[start : start + PIECE])
            await writer.drain()
    except ConnectionError:
        pass  # the answer is what counts
