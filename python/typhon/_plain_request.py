"""The Request of plain interpreters (tests, pool processes), with the attributes of the worker's own.

In a worker requests are `_typhon.Request`, written in C++ over the received bytes. Here the same fields are
made from the constructor's arguments, each when it is first read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote

from typhon import _body, _request
from typhon._body import BodyStream
from typhon.multidict import Headers, MultiDict
from typhon.uploads import Upload


class Request:
    """One HTTP request. Fields are decoded when they are first read, and then kept.

    Attributes:
        method: "GET".
        path: decoded, without the query: "/python/items/größe".
        data: the body as received.
        query_string: the query as received, without the question mark.
        path_params: the converted parameters of the route.
        route: the pattern that matched, "/python/items/<name>".
        client: address of the client, "127.0.0.1:5123".
        scheme: "http" or "https".
        id: 16 hex digits, the same as in the log and in error answers.
        deadline: seconds that are left for the answer; infinite when there is no limit.
    """

    def __init__(
        self,
        method: str = "GET",
        path: str = "/",
        *,
        query: bytes = b"",
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        data: bytes = b"",
        path_params: Mapping[str, Any] | None = None,
        route: str = "",
        client: str = "",
        scheme: str = "http",
        id: str = "0" * 16,  # noqa: A002
        deadline: float = float("inf"),
    ) -> None:
        self.method = method
        self.path = path
        self.data = data
        self.path_params: dict[str, Any] = dict(path_params or {})
        self.route = route
        self.client = client
        self.scheme = scheme
        self.id = id
        self.deadline = deadline
        self.query_string = query
        self._header_pairs = list(headers.items() if isinstance(headers, Mapping) else headers)

    _inbound = None  # its body is whole

    def stream(self) -> BodyStream:
        """The body as it arrives: iterate it, by ``async for`` in a coroutine."""
        return _body.stream(self)

    def read(self, size: int = -1, /) -> bytes:
        """So many bytes of the body, fewer at its end; all that is left without a size.

        Raises:
            HTTPError: 413 for more than 16 MiB without a size.
            ClientDisconnected: the client left before the end.
        """
        return _body.read(self, size)

    async def aread(self, size: int = -1, /) -> bytes:
        """`read` for coroutines."""
        return await _body.aread(self, size)

    @cached_property
    def headers(self) -> Headers:
        """The header fields; names in any case."""
        return Headers(self._header_pairs)

    @cached_property
    def url(self) -> str:
        """The whole URL, percent-encoded; the host is that of the Host field."""
        query = f"?{self.query_string.decode('latin-1')}" if self.query_string else ""
        return f"{self.scheme}://{self.headers.get('host') or 'localhost'}{quote(self.path)}{query}"

    @cached_property
    def query_params(self) -> MultiDict[str]:
        """The parameters of the query; the last value of a name wins, ``getlist`` has all."""
        return _request.parse_query(self.query_string)

    @cached_property
    def body(self) -> Any:
        """The parsed JSON of a JSON request, else str when the body is UTF-8, else bytes; None when empty.

        Raises:
            HTTPError: 400 when a JSON body does not parse.
        """
        return _request.parse_body(self.data, self.content_type)

    @cached_property
    def json(self) -> Any:
        """The body as JSON, whatever its Content-Type.

        Raises:
            HTTPError: 400 when it is empty or does not parse.
        """
        return _request.parse_json(self.data)

    @cached_property
    def text(self) -> str:
        """The body as text, by its charset or as UTF-8."""
        return _request.decode_text(self.data, self.content_type)

    @cached_property
    def form(self) -> MultiDict[str]:
        """The fields of a urlencoded or multipart form."""
        return _request.form_of(self)

    @cached_property
    def files(self) -> MultiDict[Upload]:
        """The files of a multipart form."""
        return _request.files_of(self)

    @cached_property
    def cookies(self) -> dict[str, str]:
        """The cookies that the client sent."""
        return _request.parse_cookies("; ".join(self.headers.getlist("cookie")))

    @cached_property
    def content_type(self) -> str:
        """The Content-Type, empty when there is none."""
        return self.headers.get("content-type", "")

    @cached_property
    def session(self) -> dict[str, Any]:
        """What is known of the client; changes are sent with the answer.

        Raises:
            RuntimeError: the application has no sessions.
        """
        return _request.session_of(self)

    @cached_property
    def state(self) -> Any:
        """A namespace for what hooks and handlers keep with this request."""
        return _request.new_state()

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.path} {self.id}>"
