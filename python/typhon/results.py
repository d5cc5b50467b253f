"""What a handler returned, as the parts of an HTTP answer.

| result | answer |
|---|---|
| dict, list, dataclass, number, bool, NamedTuple, ... | JSON |
| str | text/plain; charset=utf-8 |
| bytes, bytearray, memoryview | application/octet-stream |
| None | 204 |
| (body, status) or (body, status, headers) | the body's answer, with that status and these fields |
| Response | as it says |
| FileResponse | a file that the gateway sends |
| generator or iterator of str or bytes | its pieces, each sent as soon as it is made |
| async generator of an async handler | the same |
| anything else | 500, with the type's name in the log |
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

from typhon import _json
from typhon._pieces import BYTES_TYPE, TEXT_TYPE, AsyncPieces, Pieces, utf8
from typhon.errors import ResultError
from typhon.files import FileResponse
from typhon.headers import pairs_of
from typhon.responses import HeaderInput, Response, response_of

JSON_TYPE = "application/json"

FILE_FIELD = b":file"  # names the file to the gateway (PROTOCOL.md 5.2); no handler can set such a field

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110 section 5.6.2
_BAD_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Answer(NamedTuple):
    """An HTTP answer. The worker's C++ reads it by position.

    Attributes:
        status: 200 to 599.
        content_type: None for no Content-Type.
        headers: (name, value) pairs as bytes, without Content-Type.
        body: the bytes, or an object whose `first` are the first of them and which gives the others when
            it is iterated.
    """

    status: int
    content_type: str | None
    headers: list[tuple[bytes, bytes]]
    body: Any


# Statuses whose answers have no content (RFC 9110 section 6.4.1), and so no type of it.
BODILESS = (204, 205, 304)


def answer_of(result: Any) -> Answer:
    """The answer that a handler's result means.

    Raises:
        ResultError: it means none, in one sentence.
        Exception: whatever a generator raises before its first piece.
    """
    if type(result) is tuple:
        return _answer_of_response(response_of(result))
    if isinstance(result, Response):
        return _answer_of_response(result)
    content_type, body = _body_of(result)
    return Answer(204 if result is None else 200, content_type, [], body)


async def begun(result: Any) -> Any:
    """The result of an async handler with its async iterator, if it holds one, begun.

    Raises:
        Exception: what the iterator raises before its first piece.
    """
    if isinstance(result, AsyncIterator):
        return await AsyncPieces.begin(result)
    if isinstance(result, Response) and isinstance(result.body, AsyncIterator):
        result.body = await AsyncPieces.begin(result.body)
    elif type(result) is tuple and result and isinstance(result[0], AsyncIterator):
        return (await AsyncPieces.begin(result[0]), *result[1:])
    return result


def _answer_of_response(response: Response) -> Answer:
    switches = response.status == 101 and isinstance(response.body, AsyncPieces)  # of a WebSocket
    status = 101 if switches else _checked_status(response.status)
    named_type, headers = checked_headers(response.header_input)
    body_type, body = _body_of(response.body)
    content_type = response.content_type or named_type or (None if status in BODILESS else body_type)
    if content_type is not None:
        _checked_field("Content-Type", content_type)
    if isinstance(response, FileResponse):
        headers.append((FILE_FIELD, os.fsencode(response.path)))
    return Answer(status, content_type, headers, body)


def _body_of(body: Any) -> tuple[str | None, Any]:
    if body is None:
        return None, b""
    if isinstance(body, str):
        return TEXT_TYPE, utf8(body)
    if isinstance(body, bytes | bytearray | memoryview):
        return BYTES_TYPE, bytes(body)
    if isinstance(body, AsyncPieces):
        return body.content_type, body
    if isinstance(body, Iterator):
        pieces = Pieces(body)
        return pieces.content_type, pieces
    if isinstance(body, AsyncIterator):
        raise ResultError("an async generator can only be the result of an async handler (async def)")
    return JSON_TYPE, _json.encode(body)


def _checked_status(status: Any) -> int:
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
        raise ResultError(f"a status is a whole number from 200 to 599, not {status!r}")
    return int(status)


def checked_headers(headers: HeaderInput) -> tuple[str | None, list[tuple[bytes, bytes]]]:
    """The Content-Type, None when it is not among them, and the other fields as bytes.

    Raises:
        ResultError: a name or value that cannot be a header field (RFC 9110 section 5.5).
    """
    content_type = None
    checked: list[tuple[bytes, bytes]] = []
    for name, value in pairs_of(headers):
        field = _checked_field(name, value)
        if field[0].lower() == b"content-type":
            content_type = value
        else:
            checked.append(field)
    return content_type, checked


def _checked_field(name: Any, value: Any) -> tuple[bytes, bytes]:
    if not isinstance(name, str) or not isinstance(value, str):
        types = f"{_json.type_name(name)} and {_json.type_name(value)}"
        raise ResultError(f"a header's name and value are str, not {types}")
    if not _TOKEN.fullmatch(name):
        raise ResultError(f"{name!r} is not the name of a header")
    if _BAD_VALUE.search(value):
        raise ResultError(f"the value of the header {name} holds a line break or control character")
    try:
        return name.encode("ascii"), value.strip(" \t").encode("latin-1")
    except UnicodeEncodeError:
        raise ResultError(f"the value of the header {name} holds a character outside Latin-1") from None
