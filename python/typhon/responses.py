"""The answer of a handler that says more than a body."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

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

    __slots__ = ("body", "content_type", "headers", "status")

    def __init__(
        self,
        body: Any = None,
        status: int = 200,
        headers: HeaderInput | None = None,
        content_type: str | None = None,
    ) -> None:
        self.body = body
        self.status = status
        self.headers: HeaderInput = {} if headers is None else headers
        self.content_type = content_type

    def __repr__(self) -> str:
        return f"<Response {self.status}>"
