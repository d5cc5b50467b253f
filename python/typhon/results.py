"""What a handler returned, as the parts of an HTTP answer.

| result | answer |
|---|---|
| dict, list, dataclass, number, bool, NamedTuple, ... | JSON |
| str | text/plain; charset=utf-8 |
| bytes, bytearray, memoryview | application/octet-stream |
| None | 204 |
| (body, status) or (body, status, headers) | the body's answer, with that status and these fields |
| Response | as it says |
| generator or iterator of str or bytes | its pieces joined, at most MAX_JOINED bytes |
| anything else | 500, with the type's name in the log |
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from typhon import _json
from typhon.errors import ResultError
from typhon.headers import pairs_of
from typhon.responses import HeaderInput, Response, response_of

JSON_TYPE = "application/json"
TEXT_TYPE = "text/plain; charset=utf-8"
BYTES_TYPE = "application/octet-stream"
MAX_JOINED = 16 * 1024 * 1024

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110 section 5.6.2
_BAD_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Answer(NamedTuple):
    """An HTTP answer. The worker's C++ reads it by position.

    Attributes:
        status: 200 to 599.
        content_type: None for no Content-Type.
        headers: (name, value) pairs as bytes, without Content-Type.
        body: the bytes.
    """

    status: int
    content_type: str | None
    headers: list[tuple[bytes, bytes]]
    body: bytes


def answer_of(result: Any) -> Answer:
    """The answer that a handler's result means.

    Raises:
        ResultError: it means none, in one sentence.
        Exception: whatever a generator raises while it is read.
    """
    if type(result) is tuple:
        return _answer_of_response(response_of(result))
    if isinstance(result, Response):
        return _answer_of_response(result)
    content_type, body = _body_of(result)
    return Answer(204 if result is None else 200, content_type, [], body)


def _answer_of_response(response: Response) -> Answer:
    status = _checked_status(response.status)
    named_type, headers = checked_headers(response.header_input)
    body_type, body = _body_of(response.body)
    content_type = response.content_type or named_type or body_type
    if content_type is not None:
        _checked_field("Content-Type", content_type)
    return Answer(status, content_type, headers, body)


def _body_of(body: Any) -> tuple[str | None, bytes]:
    if body is None:
        return None, b""
    if isinstance(body, str):
        return TEXT_TYPE, _utf8(body)
    if isinstance(body, bytes | bytearray | memoryview):
        return BYTES_TYPE, bytes(body)
    if isinstance(body, Iterator):
        return _joined(body)
    return JSON_TYPE, _json.encode(body)


def _joined(pieces: Iterator[Any]) -> tuple[str, bytes]:
    joined = bytearray()
    content_type = None
    for piece in pieces:
        if not isinstance(piece, str | bytes | bytearray | memoryview):
            raise ResultError(f"a generator result yields str or bytes, not {_json.type_name(piece)}")
        content_type = content_type or (TEXT_TYPE if isinstance(piece, str) else BYTES_TYPE)
        joined += _utf8(piece) if isinstance(piece, str) else piece
        if len(joined) > MAX_JOINED:
            raise ResultError(f"a generator result is larger than {MAX_JOINED >> 20} MiB")
    return content_type or BYTES_TYPE, bytes(joined)


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        fault = f"{error.reason} at character {error.start}"
        raise ResultError(f"a str result cannot become UTF-8: {fault}") from None


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
