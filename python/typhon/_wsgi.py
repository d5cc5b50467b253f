"""An application of WSGI (PEP 3333) below a path: Flask, Django and the like, unchanged."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

from typhon._body import BodyStream
from typhon._peers import host_and_port
from typhon._remember import remembered
from typhon.responses import Response

# The gateway frames the answer; a connection is its own matter (RFC 9110, section 7.6.1).
FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "trailer"})

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType]


class _Call:
    """One run of the application."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.written: list[bytes] = []  # by the write() that start_response returns
        self.sent = False

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: _ExcInfo | None = None
    ) -> Callable[[bytes], None]:
        """As PEP 3333 says."""
        if exc_info is not None and self.sent:
            raise exc_info[1].with_traceback(exc_info[2])
        if exc_info is None and self.status:
            raise AssertionError("start_response was called a second time, without exc_info")
        self.status = int(status.split(" ", 1)[0])
        self.headers = headers
        return self.written.append


def wsgi_handler(application: Callable[..., Any], mount: str) -> Callable[[Any], Response]:
    """A handler that calls the application for everything below ``mount``."""

    def handle(request: Any) -> Response:
        call = _Call()
        body = _pieces(call, application(environ_of(request, mount), call.start_response))
        first = next(body, b"")  # only now is it certain that start_response has been called
        if not call.status:
            raise RuntimeError("the WSGI application did not call start_response")
        call.sent = True
        headers = [(name, value) for name, value in call.headers if name.lower() not in FRAMING]
        return Response(_body(first, body, call.headers), call.status, headers)

    return handle


def _pieces(call: _Call, iterable: Any) -> Iterator[bytes]:
    """What the application gives, empty pieces left out; it is closed at the end, whatever happens."""
    try:
        for piece in iterable:
            yield from _taken(call.written)
            if piece:
                yield piece
        yield from _taken(call.written)
    finally:
        if hasattr(iterable, "close"):
            iterable.close()


def _taken(written: list[bytes]) -> list[bytes]:
    pieces = [piece for piece in written if piece]
    written.clear()
    return pieces


def _body(first: bytes, rest: Iterator[bytes], headers: list[tuple[str, str]]) -> Any:
    """The whole body when its first piece is all that was announced, else its pieces as they are made."""
    if any(name.lower() == "content-length" and value == str(len(first)) for name, value in headers):
        return first + b"".join(rest)
    return _from(first, rest)


def _from(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def environ_of(request: Any, mount: str) -> dict[str, Any]:
    """The environ of a request; texts are its bytes as Latin-1."""
    path = request.path.removeprefix(mount)
    host, port = host_and_port(request.headers.get("host", "localhost"), 80)
    client, client_port = host_and_port(request.client, 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": _latin(mount),
        "PATH_INFO": _latin(path),
        "QUERY_STRING": request.query_string.decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": client,
        "REMOTE_PORT": str(client_port),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.scheme,
        "wsgi.input": _input_of(request),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "typhon.request": request,
    }
    environ.update(_fields(request))
    return environ


def _fields(request: Any) -> dict[str, str]:
    """The header fields. One with an underscore in its name could pass for another, and is left out."""
    fields: dict[str, str] = {}
    for name, value in request.headers.pairs():
        variable = _variable(name)
        if variable in fields:
            fields[variable] += ("; " if variable == "HTTP_COOKIE" else ",") + value
        elif variable:
            fields[variable] = value
    # The length of a body that comes in pieces is known when the client has said it.
    if request._inbound is None and (request.data or "CONTENT_LENGTH" in fields):
        fields["CONTENT_LENGTH"] = str(len(request.data))
    return fields


@remembered
def _variable(name: str) -> str:
    """The variable of a header field; empty for one that has none."""
    if "_" in name:
        return ""
    variable = name.upper().replace("-", "_")
    return variable if variable in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{variable}"


class _Arriving(io.RawIOBase):
    """A body that comes in pieces, as a file; a client that leaves is an OSError of read()."""

    def __init__(self, body: BodyStream) -> None:
        self._body = body
        self._piece = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._piece:
            self._piece = memoryview(next(self._body, b""))
        taken = self._piece[: len(buffer)]
        self._piece = self._piece[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)


def _input_of(request: Any) -> io.BufferedIOBase:
    if request._inbound is None:
        return io.BytesIO(request.data)
    return io.BufferedReader(_Arriving(request.stream()), 64 * 1024)


def _latin(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8").decode("latin-1")
