"""A worker that does not keep to the protocol. The gateway starts it in the place of typhon-worker.

In slot 0 it does what the file APP.rogue names, in every other slot it becomes the program that REAL_WORKER
names. It answers requests with "rogue", writes what it gets to APP.got, and ends as a worker does.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import zmq

READY, REQUEST, REPLY, CHUNK, END, CANCEL, PING, PONG, DRAIN, BYE, ERROR, CREDIT = *range(1, 12), 15
VERSION = 3
ROUTES = [{"methods": ["POST"], "pattern": "/python/count"}, {"methods": ["POST"], "pattern": "/python/hold"}]


def pack(*envelope: Any) -> bytes:
    """One envelope."""
    packed: bytes = msgpack.packb(list(envelope))
    return packed


class Rogue:
    """Its socket, and what it knows of a good worker's manners."""

    def __init__(self) -> None:
        self.environment = {
            name: os.environ[f"TYPHON_WORKER_{name}"] for name in ("IDENTITY", "TOKEN", "ENDPOINT")
        }
        self.app = Path(os.environ["TYPHON_WORKER_APP"])
        self.context = zmq.Context()
        self.socket = self.connect()
        self.on_request: Callable[[list[Any]], None] = self.answer
        self.on_chunk: Callable[[list[Any]], None] = lambda _: None
        self.on_ping: Callable[[], None] = lambda: None

    def connect(self) -> zmq.Socket[bytes]:
        """A socket with the identity of this start."""
        socket = self.context.socket(zmq.DEALER)
        socket.setsockopt(zmq.ROUTING_ID, self.environment["IDENTITY"].encode())
        socket.setsockopt(zmq.LINGER, 1000)
        socket.connect(self.environment["ENDPOINT"])
        return socket

    def ready(self, **changes: Any) -> bytes:
        """READY, as it should be but for the changes."""
        told = {"version": VERSION, "token": self.environment["TOKEN"], "threads": 4, "routes": ROUTES}
        return pack(READY, told | {"pid": os.getpid()} | changes)

    def answer(self, request: list[Any]) -> None:
        """As a good worker does."""
        self.socket.send(pack(REPLY, request[1], request[2], 200, 10, "text/plain", b"", b"rogue"))

    def serve(self) -> None:
        """Until DRAIN."""
        while True:
            unpacker = msgpack.Unpacker(raw=True, strict_map_key=False)
            unpacker.feed(self.socket.recv())
            for envelope in unpacker:
                self.take(envelope)

    def take(self, envelope: list[Any]) -> None:
        """One envelope of the gateway."""
        if envelope[0] == REQUEST:
            with self.app.with_suffix(".got").open("a") as file:
                file.write(f"{envelope[5].decode()}\n")
            self.on_request(envelope)
        elif envelope[0] == CHUNK:
            self.on_chunk(envelope)
        elif envelope[0] == PING:
            self.socket.send(pack(PONG, {"nonce": envelope[1]}))
            self.on_ping()
        elif envelope[0] == DRAIN:
            self.socket.send(pack(BYE, 0))
            self.socket.close()
            self.context.term()
            os._exit(0)


def guess_the_token(rogue: Rogue) -> None:
    rogue.socket.send(rogue.ready(token="guess"))
    rogue.serve()


def speak_another_version(rogue: Rogue) -> None:
    rogue.socket.send(rogue.ready(version=VERSION + 98))
    rogue.serve()


def reply_before_ready(rogue: Rogue) -> None:
    for slot in range(8):
        rogue.socket.send(pack(REPLY, slot + 1, slot, 200, 10, "text/plain", b"", b"forged"))
    rogue.socket.send(pack(PONG, {"nonce": 1}))
    rogue.socket.send(rogue.ready())
    rogue.serve()


def say_ready_twice(rogue: Rogue) -> None:
    rogue.socket.send(rogue.ready())
    rogue.socket.send(rogue.ready(routes=[{"methods": ["GET"], "pattern": "/python/taken-over"}]))
    rogue.serve()


def share_the_identity(rogue: Rogue) -> None:
    """A second connection of the same name, and then a new one after the first has gone."""
    rogue.socket.send(rogue.ready())
    second = rogue.connect()
    for _ in range(10):
        second.send(rogue.ready(routes=[]))
    rogue.socket.send(rogue.ready())  # the gateway has heard all that it will hear of the second
    second.close()
    rogue.serve()


def speak_for_the_gateway(rogue: Rogue) -> None:
    rogue.socket.send(rogue.ready())
    envelopes = [
        pack(CANCEL, 1),
        pack(PING, 1),
        pack(DRAIN, 1),
        pack(REQUEST, 1, 0, 0, "GET", b"/", b"", "", b"", b""),
    ]
    rogue.socket.send(b"".join(envelopes))
    rogue.socket.send(pack(ERROR, {"stage": "import", "text": "after READY"}))
    rogue.serve()


def malformed_frames() -> list[bytes]:
    """Garbage, half an envelope, and bombs of depth and size."""
    generator = random.Random(4)
    good = pack(REPLY, 1, 0, 200, 10, "text/plain", b"", b"x" * 100)
    return [
        b"\xc1",
        b"HTTP/1.1 200 OK\r\n\r\n",
        good[:-1],
        b"\x91" * 100_000,  # arrays in arrays
        b"\x81\x01" * 100_000,  # maps in maps
        b"\xdd\xff\xff\xff\xff",  # an array of 4 billion
        b"\xdf\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xffabc",  # 4 GB of text
        pack(REPLY, 1, 0, 200, 10, "text/plain", b"", [[]] * 4000),
        pack(REPLY, -1, 0, 200, 10, "text/plain", b"", b""),
        pack(REPLY, 1, 1 << 40, 200, 10, "text/plain", b"", b""),
        pack(4, 1),
        pack(99),
        pack(),
        pack(PONG, {"nonce": 1, "pool_pids": [1 << 40]}),
        b"\xc6\x10\x00\x00\x01" + bytes((256 << 20) + 1),  # bytes above the limit
        *(generator.randbytes(1000).replace(b"\x92\x08", b"") for _ in range(3)),
    ]


def send_malformed_frames(rogue: Rogue) -> None:
    rogue.socket.send(rogue.ready())
    for frame in malformed_frames():
        rogue.socket.send(frame)
    rogue.socket.send_multipart([pack(PONG, {"nonce": 1}), b"a second part"])
    rogue.serve()


def forge_replies(rogue: Rogue) -> None:
    """For the requests of others: every id near that of its own, in every slot that may be in use."""

    def forge(request: list[Any]) -> None:
        for identifier in range(request[1] - 8, request[1] + 8):
            for slot in {*range(8), request[2]}:
                if (identifier, slot) != (request[1], request[2]):
                    rogue.socket.send(pack(REPLY, identifier, slot, 200, 10, "text/plain", b"", b"forged"))
        rogue.answer(request)
        rogue.answer(request)  # once more

    rogue.on_request = forge
    rogue.socket.send(rogue.ready())
    rogue.serve()


UPLOADS = [*ROUTES, {"methods": ["PUT"], "pattern": "/python/upload", "stream_body": 1, "max_body": 1 << 30}]


def grant_what_was_not_sent(rogue: Rogue) -> None:
    """Credit without end. An upload is answered at the second PING, with what has come of it."""
    received: list[bytes] = []
    pings: list[None] = []
    uploads: list[list[Any]] = []

    def flood(request: list[Any]) -> None:
        for _ in range(1000):
            rogue.socket.send(pack(CREDIT, request[1], (1 << 32) - 1) + pack(CREDIT, request[1] + 1, 1 << 31))
        if request[5] == b"/python/upload":
            uploads.append(request)
        else:
            rogue.answer(request)

    def answer_uploads() -> None:
        pings.extend([None] if received else [])
        for request in uploads * (len(pings) == 2):
            held = f"rogue {sum(map(len, received))}".encode()
            rogue.socket.send(pack(REPLY, request[1], request[2], 200, 10, "text/plain", b"", held))

    rogue.on_request = flood
    rogue.on_chunk = lambda chunk: received.append(chunk[3])
    rogue.on_ping = answer_uploads
    rogue.socket.send(rogue.ready(routes=UPLOADS))
    rogue.serve()


SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (
        guess_the_token,
        speak_another_version,
        reply_before_ready,
        say_ready_twice,
        share_the_identity,
        speak_for_the_gateway,
        send_malformed_frames,
        forge_replies,
        grant_what_was_not_sent,
    )
}


def end_with_gateway(lifeline: int) -> None:
    """Its lifeline ends with it."""
    os.read(lifeline, 1)
    os._exit(1)


def main() -> None:
    plan = Path(os.environ["TYPHON_WORKER_APP"]).with_suffix(".rogue")
    if "-w0-" not in os.environ["TYPHON_WORKER_IDENTITY"] or not plan.exists():
        os.execv(os.environ["REAL_WORKER"], [os.environ["REAL_WORKER"]])
    lifeline = int(os.environ["TYPHON_WORKER_LIFELINE_FD"])
    threading.Thread(target=end_with_gateway, args=(lifeline,), daemon=True).start()
    SCENARIOS[plan.read_text()](Rogue())


if __name__ == "__main__":
    main()
