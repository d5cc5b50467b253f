"""What a handler returns to say more than a body."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from typhon.errors import ResultError
from typhon.headers import HeaderMap

HeaderInput = Mapping[str, str] | Iterable[tuple[str, str]]


class Response:
    """A body with status, header fields and content type.

    Args:
        body: what a handler may return as a body: a dict, list, dataclass, number or bool becomes JSON, a str
            text, bytes stay; None is an empty body.
        status: 200 to 599.
        headers: a mapping, or (name, value) pairs when a name comes more than once.
        content_type: the Content-Type; by the body's type when left out.
    """

    __slots__ = ("_given", "_headers", "body", "content_type", "status")

    def __init__(
        self,
        body: Any = None,
        status: int = 200,
        headers: HeaderInput | None = None,
        content_type: str | None = None,
    ) -> None:
        self.body = body
        self.status = status
        self.content_type = content_type
        self._given: HeaderInput = () if headers is None else headers
        self._headers: HeaderMap | None = None

    @property
    def headers(self) -> HeaderMap:
        """The header fields, which may be changed: ``response.headers["X-A"] = "b"``.

        Raises:
            ResultError: the response was made with headers that are none.
        """
        if self._headers is None:
            self._headers = HeaderMap(self._given)
        return self._headers

    @property
    def header_input(self) -> HeaderInput:
        """The header fields as they were given, or as they have been changed."""
        return self._given if self._headers is None else self._headers.pairs()

    def __repr__(self) -> str:
        return f"<Response {self.status}>"


def response_of(result: Any) -> Response:
    """What a handler returned as a Response.

    Raises:
        ResultError: a tuple that means none.
    """
    if isinstance(result, Response):
        return result
    if type(result) is tuple:
        return _of_tuple(result)
    return Response(result, 204 if result is None else 200)


def _of_tuple(result: tuple[Any, ...]) -> Response:
    if len(result) not in (2, 3):
        raise ResultError(f"a tuple is (body, status) or (body, status, headers), not {len(result)} values")
    if isinstance(result[0], Response):
        raise ResultError("a Response has its status and headers itself: return it alone, not in a tuple")
    return Response(result[0], result[1], result[2] if len(result) == 3 else None)
