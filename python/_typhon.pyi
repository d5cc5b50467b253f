"""The native side of a worker (pyworker/module.cpp), as type checkers see it; only workers have it."""

from collections.abc import Awaitable, Coroutine
from typing import Any, final

from typhon._body import BodyStream
from typhon.multidict import Headers, MultiDict
from typhon.uploads import Upload

def current_request() -> Request | None:
    """The request that the handler on this thread serves."""

@final
class Request:
    """A request over the received bytes; its fields are decoded when they are first read, and kept."""

    method: str
    path: str
    path_params: dict[str, Any]
    query_params: MultiDict[str]
    query_string: bytes
    headers: Headers
    body: Any
    data: bytes
    json: Any
    text: str
    form: MultiDict[str]
    files: MultiDict[Upload]
    cookies: dict[str, str]
    content_type: str
    state: Any
    session: dict[str, Any]
    client: str
    scheme: str
    url: str
    id: str
    route: str
    deadline: float
    def stream(self) -> BodyStream: ...
    def read(self, size: int = -1, /) -> bytes: ...
    def aread(self, size: int = -1, /) -> Awaitable[bytes]: ...

@final
class Inbound:
    """The body of a request that comes in pieces (pyworker/inbound_reader.hpp)."""

    @property
    def id(self) -> int: ...
    def read(self) -> bytes: ...
    def try_read(self) -> bytes | None: ...

@final
class AsyncStream:
    """An answer that an async handler gives in pieces (pyworker/stream_sender.hpp)."""

    @property
    def body(self) -> Any: ...
    def send(self, piece: bytes) -> bool: ...

@final
class AsyncBridge:
    """What the event loop's thread takes requests from, and gives replies to (pyworker/async_bridge.hpp)."""

    def fd(self) -> int: ...
    def take(self, limit: int) -> list[tuple[int, Request, Coroutine[Any, Any, Any]]]: ...
    def cancelled(self) -> list[int]: ...
    def granted(self) -> list[int]: ...
    def fed(self) -> list[int]: ...
    def complete(self, request: Request, result: Any) -> AsyncStream | None: ...
    def end(self, request: Request, whole: bool) -> None: ...
    def log(self, request: Request, exc: BaseException) -> None: ...
    def fail(self, request: Request, exc: BaseException) -> None: ...
    def flush(self) -> None: ...
