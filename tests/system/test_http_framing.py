"""Framing attacks: whatever Content-Length and Transfer-Encoding say, one request is never executed as two.

Behind each attack stands a whole request. The gateway reads a head in reads of 1, 4 and 16 KiB, so each
attack is sent with heads that are padded to those sizes, too: then what follows the head arrives in a read of
its own, and a gateway that forgot where the body ends would take it for a request.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from harness.raw import Answer, Connection
from harness.server import Server

SMUGGLED = "GET /python/mirror/smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKS = f"0\r\n\r\n{SMUGGLED}"  # by chunks an empty body and a second request, by length one body
LENGTH = len(CHUNKS)
READS = (0, 1024, 4096, 16384)  # sizes to which a head is padded; 0: not at all

LENGTHS = {
    "none": "",
    "one": f"Content-Length: {LENGTH}\r\n",
    "zero": "Content-Length: 0\r\n",
    "leading-zeros": f"Content-Length: 000{LENGTH}\r\n",
    "lower-case": f"content-length:{LENGTH}\r\n",
    "two-equal": f"Content-Length: {LENGTH}\r\nContent-Length: {LENGTH}\r\n",
    "two-different": f"Content-Length: 0\r\nContent-Length: {LENGTH}\r\n",
    "list-equal": f"Content-Length: {LENGTH}, {LENGTH}\r\n",
    "list-different": f"Content-Length: 0,{LENGTH}\r\n",
    "plus": f"Content-Length: +{LENGTH}\r\n",
    "minus": f"Content-Length: -{LENGTH}\r\n",
    "hex": f"Content-Length: {LENGTH:#x}\r\n",
    "two-words": f"Content-Length: {LENGTH} {LENGTH}\r\n",
    "folded": f"Content-Length:\r\n {LENGTH}\r\n",
    "space-before-colon": f"Content-Length : {LENGTH}\r\n",
    "vertical-tab": f"Content-Length: \x0b{LENGTH}\r\n",
    "empty": "Content-Length:\r\n",
    "huge": "Content-Length: 99999999999999999999999\r\n",
    "wraps-to-zero": "Content-Length: 18446744073709551616\r\n",
}
CODINGS = {
    "none": "",
    "chunked": "Transfer-Encoding: chunked\r\n",
    "mixed-case": "transfer-ENCODING: ChunKed\r\n",
    "white-space": "Transfer-Encoding:\t chunked \t\r\n",
    "empty-elements": "Transfer-Encoding: ,chunked,\r\n",
    "twice": "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "list-twice": "Transfer-Encoding: chunked, chunked\r\n",
    "not-last": "Transfer-Encoding: chunked, identity\r\n",
    "not-last-of-two": "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    "not-first": "Transfer-Encoding: gzip, chunked\r\n",
    "identity": "Transfer-Encoding: identity\r\n",
    "prefix": "Transfer-Encoding: xchunked\r\n",
    "suffix": "Transfer-Encoding: chunked-x\r\n",
    "parameter": "Transfer-Encoding: chunked;q=1\r\n",
    "quoted": 'Transfer-Encoding: "chunked"\r\n',
    "empty": "Transfer-Encoding:\r\n",
    "vertical-tab": "Transfer-Encoding: \x0bchunked\r\n",
    "nul": "Transfer-Encoding: chunked\0\r\n",
    "cr": "Transfer-Encoding: chunked\r\r\n",
    "folded": "Transfer-Encoding:\r\n chunked\r\n",
    "space-before-colon": "Transfer-Encoding : chunked\r\n",
    "tab-before-colon": "Transfer-Encoding\t: chunked\r\n",
    "space-in-front": " Transfer-Encoding: chunked\r\n",
    "lf": "X-A: 1\nTransfer-Encoding: chunked\r\n",
}
GOOD_LENGTHS = {"one", "zero", "leading-zeros", "lower-case"}
GOOD_CODINGS = {"chunked", "mixed-case", "white-space", "empty-elements"}


@dataclass(frozen=True)
class Attack:
    """One combination, and what RFC 9112 section 6.3 makes of it."""

    length: str
    coding: str
    version: str

    @property
    def fields(self) -> str:
        return LENGTHS[self.length] + CODINGS[self.coding]

    @property
    def body(self) -> str | None:
        """The body, None when the framing is faulty."""
        if self.coding == "none":
            if self.length in ("none", "zero"):
                return ""
            return CHUNKS if self.length in GOOD_LENGTHS else None
        return "" if self.coding in GOOD_CODINGS and self.length == "none" and self.version == "1.1" else None

    @property
    def rest(self) -> str:
        """What stands behind the request's body: nothing, or requests."""
        if self.body == CHUNKS:
            return ""
        return SMUGGLED if self.coding in GOOD_CODINGS else CHUNKS


def head(method: str, path: str, attack: Attack, size: int) -> str:
    """A head of exactly `size` bytes, unless it is 0."""
    start = f"{method} {path} HTTP/{attack.version}\r\nHost: x\r\n{attack.fields}"
    start += "Connection: keep-alive\r\n" if attack.version == "1.0" else ""
    if not size:
        return start + "\r\n"
    fields = start + "X-Pad: "
    return fields + "a" * (size - len(fields) - 4) + "\r\n\r\n"


def answers(connection: Connection, method: str) -> list[Answer]:
    """All answers until the server closes; the first one is to `method`."""
    found: list[Answer] = []
    with contextlib.suppress(ConnectionError):
        while True:
            found.append(connection.answer("GET" if found else method))
    return found


def executed(counter: Connection) -> list[str]:
    counter.send("GET /python/executed HTTP/1.1\r\nHost: x\r\n\r\n")
    paths: list[str] = counter.answer().json
    return paths


def attack_once(port: int, counter: Connection, method: str, path: str, attack: Attack, size: int) -> None:
    with Connection(port) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.send(head(method, path, attack, size))
            connection.send(CHUNKS)
            connection.finish()
        found = answers(connection, method)
    ran = executed(counter)
    mirrored = path.startswith("/python/mirror/") and method != "OPTIONS"
    own = [path] if mirrored and attack.body is not None else []
    if attack.body is None:
        assert [answer.status in (400, 413, 501) for answer in found] == [True]
        assert found[0].headers["connection"] == "close"
    behind = ["/python/mirror/smuggled"] if attack.rest == SMUGGLED and keeps(found) else []
    assert ran == own + behind


def keeps(found: list[Answer]) -> bool:
    """Whether the first answer leaves the connection open, so that what follows the body is a request."""
    return found[0].status < 400 and found[0].headers.get("connection") != "close"


ROUTES = {
    "a route that reads the body": "/python/mirror/x",
    "a route that does not read it": "/native/hello",
    "no route": "/nowhere",
}


def ways() -> Iterator[tuple[str, str, str, str, int]]:
    """Each length, version, method and route: POST with heads of every size, others with one in turn."""
    sizes = itertools.cycle(READS)
    for length, version, route in itertools.product(LENGTHS, ("1.1", "1.0"), ROUTES):
        for size in READS:
            yield length, version, "POST", route, size
        for method in ("GET", "HEAD", "OPTIONS"):
            yield length, version, method, route, next(sizes)


@pytest.mark.parametrize("coding", CODINGS)
def test_one_request_is_never_executed_as_two(mirror: Server, coding: str) -> None:
    """Each Content-Length with this Transfer-Encoding, on each method, route, version and size of head."""
    wrong = []
    with Connection(mirror.port) as counter:
        executed(counter)  # forgets what earlier tests ran
        for length, version, method, route, size in ways():
            try:
                attack_once(
                    mirror.port, counter, method, ROUTES[route], Attack(length, coding, version), size
                )
            except AssertionError as error:
                wrong.append(f"{length}, HTTP/{version}, {method} {route}, head of {size}: {error}")
    assert wrong == [], f"{len(wrong)} of them, first: " + "\n".join(wrong[:10])
