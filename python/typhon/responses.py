"""What a handler returns to say more than a body."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from typhon import _json
from typhon.cookies import SameSite, delete_cookie_field, set_cookie_field
from typhon.errors import ResultError
from typhon.headers import HeaderMap

HeaderInput = Mapping[str, str] | Iterable[tuple[str, str]]

_URL_CHARACTERS = "!#$%&'()*+,/:;=?@[]~"  # RFC 3986; "%" stays, for what is encoded already


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

    def set_cookie(
        self,
        name: str,
        value: str = "",
        *,
        max_age: float | None = None,
        expires: dt.datetime | None = None,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: SameSite | None = "lax",
        partitioned: bool = False,
    ) -> None:
        """Has the browser keep a cookie.

        Args:
            name: a token.
            value: printable ASCII without spaces, quotes, commas, semicolons and backslashes.
            max_age: seconds; until the browser is closed when this and ``expires`` are left out.
            expires: a point in time; UTC when it has no zone.
            path: the paths that it is sent to.
            domain: the domain with its subdomains; the host alone when left out.
            secure: it is sent by HTTPS only.
            httponly: scripts cannot read it.
            samesite: whether requests from other sites have it: "lax", "strict", "none"; None for the
                browser's own choice.
            partitioned: one jar for each site that embeds this one.

        Raises:
            ValueError: a text that cannot be in a cookie, or a combination that browsers refuse.
        """
        field = set_cookie_field(
            name,
            value,
            max_age=max_age,
            expires=expires,
            path=path,
            domain=domain,
            secure=secure,
            httponly=httponly,
            samesite=samesite,
            partitioned=partitioned,
        )
        self.headers.add("Set-Cookie", field)

    def delete_cookie(self, name: str, *, path: str | None = "/", domain: str | None = None) -> None:
        """Has the browser forget a cookie; path and domain are those that it was set with."""
        self.headers.add("Set-Cookie", delete_cookie_field(name, path=path, domain=domain))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status}>"


class JSON(Response):
    """Any value as JSON: a str becomes ``"text"``, None becomes ``null``."""

    __slots__ = ()

    def __init__(
        self,
        value: Any,
        status: int = 200,
        headers: HeaderInput | None = None,
        content_type: str = "application/json",
    ) -> None:
        super().__init__(_json.encode(value), status, headers, content_type)


class HTML(Response):
    """A page."""

    __slots__ = ()

    def __init__(self, text: str, status: int = 200, headers: HeaderInput | None = None) -> None:
        super().__init__(text, status, headers, "text/html; charset=utf-8")


class Text(Response):
    """Plain text."""

    __slots__ = ()

    def __init__(self, text: str, status: int = 200, headers: HeaderInput | None = None) -> None:
        super().__init__(text, status, headers, "text/plain; charset=utf-8")


class Redirect(Response):
    """Sends the client elsewhere.

    Args:
        location: a path or an URL; characters that it cannot have are percent-encoded.
        status: 303 has the client GET it, 307 and 308 repeat the request, 301 and 308 are for good.
        headers: further fields.

    Raises:
        ValueError: another status.
    """

    __slots__ = ()

    def __init__(self, location: str, status: int = 303, headers: HeaderInput | None = None) -> None:
        if status not in (301, 302, 303, 307, 308):
            raise ValueError(f"a redirect has the status 301, 302, 303, 307 or 308, not {status!r}")
        super().__init__(None, status, headers)
        self.headers["Location"] = quote(location, safe=_URL_CHARACTERS)


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
