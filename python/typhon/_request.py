"""What a request's bytes mean: body, text, query, cookies, forms and files.

Pure functions over received bytes. `_typhon.Request` (C++) and `typhon._plain_request.Request` call them
when a field is first read.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Protocol
from urllib.parse import parse_qsl

from typhon import _json
from typhon._charsets import codec_of
from typhon._multipart import parse_multipart
from typhon.errors import HTTPError
from typhon.forms import FormLimits, current_limits
from typhon.multidict import MultiDict
from typhon.uploads import Upload

FORM_TYPE = "application/x-www-form-urlencoded"
MULTIPART_TYPE = "multipart/form-data"
MAX_FIELDS = 1000

_PARTS = "_typhon_parts"
_Parts = tuple[MultiDict[str], MultiDict[Upload]]


class FormRequest(Protocol):
    """What a form is read from."""

    @property
    def data(self) -> bytes: ...
    @property
    def content_type(self) -> str: ...


def media_type(content_type: str) -> str:
    """The type of a Content-Type field without its parameters, in lower case: "application/json"."""
    return content_type.partition(";")[0].strip().lower()


def parameter(content_type: str, name: str) -> str | None:
    """A parameter of a Content-Type field ("charset", "boundary"), unquoted; None when there is none."""
    for part in content_type.split(";")[1:]:
        key, equals, value = part.partition("=")
        if equals and key.strip().lower() == name:
            return value.strip().strip('"')
    return None


def is_json(content_type: str) -> bool:
    """Whether a Content-Type names JSON: application/json, or a +json type (RFC 6839 section 3.1)."""
    kind = media_type(content_type)
    return kind in ("application/json", "text/json") or (
        kind.startswith("application/") and kind.endswith("+json")
    )


def parse_body(data: bytes, content_type: str) -> Any:
    """`Request.body`: None when empty, the value of a JSON body, else str when it is UTF-8, else bytes.

    Raises:
        HTTPError: 400 when a JSON body does not parse.
    """
    if not data:
        return None
    if is_json(content_type):
        return _json.decode(data)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data


def parse_json(data: bytes) -> Any:
    """`Request.json`: the value of the body, whatever its Content-Type.

    Raises:
        HTTPError: 400 when it is empty or does not parse.
    """
    if not data:
        raise HTTPError(400, "the body is empty, JSON was expected")
    return _json.decode(data)


def decode_text(data: bytes, content_type: str) -> str:
    """`Request.text`: the body by the charset of its Content-Type, else UTF-8; bad bytes become U+FFFD.

    A charset that is unknown, or none of a text, counts as UTF-8.
    """
    return data.decode(codec_of(parameter(content_type, "charset") or "") or "utf-8", "replace")


def parse_query(query: bytes) -> MultiDict[str]:
    """`Request.query_params`: names and values decoded as UTF-8, a "+" is a space, empty values are kept.

    Raises:
        HTTPError: 400 for more than MAX_FIELDS parameters.
    """
    if query.count(b"&") >= MAX_FIELDS:
        raise HTTPError(400, f"more than {MAX_FIELDS} query parameters")
    return MultiDict(parse_qsl(query.decode("utf-8", "replace"), keep_blank_values=True))


def form_of(request: FormRequest) -> MultiDict[str]:
    """`Request.form`: the fields of a urlencoded or multipart body; empty for other types.

    Raises:
        HTTPError: 400 for a body that is not what its Content-Type says, 413 for one above a limit.
    """
    return _parts_of(request)[0]


def files_of(request: FormRequest) -> MultiDict[Upload]:
    """`Request.files`: the files of a multipart body; empty for other types.

    Raises:
        HTTPError: 400 for a body that is not what its Content-Type says, 413 for one above a limit.
    """
    return _parts_of(request)[1]


def session_of(request: Any) -> dict[str, Any]:
    """`Request.session`.

    Raises:
        RuntimeError: the application has no sessions.
    """
    from typhon import _sessions  # which reads cookies by this module

    return _sessions.session_of(request)


def new_state() -> SimpleNamespace:
    """`Request.state`."""
    return SimpleNamespace()


def parse_cookies(field: str) -> dict[str, str]:
    """`Request.cookies`: the pairs of a Cookie field (RFC 6265 section 5.4); the first of a name wins."""
    cookies: dict[str, str] = {}
    for pair in field.split(";"):
        name, equals, value = pair.strip().partition("=")
        if equals and name:
            cookies.setdefault(name, value.strip('"'))
    return cookies


def _parts_of(request: FormRequest) -> _Parts:
    """The body is parsed once, whichever of form and files is read first."""
    parts: _Parts | None = request.__dict__.get(_PARTS)
    return read_parts(request, current_limits()) if parts is None else parts


def read_parts(request: FormRequest, limits: FormLimits) -> _Parts:
    """Parses the body as a form, for `form_of` and `files_of`.

    Raises:
        HTTPError: 400 for a body that is not what its Content-Type says, 413 for one above a limit.
    """
    data, content_type = request.data, request.content_type
    kind = media_type(content_type)
    parts: _Parts = (MultiDict(), MultiDict())
    if kind == FORM_TYPE:
        parts = (MultiDict(_fields(data, limits)), MultiDict())
    if kind == MULTIPART_TYPE:
        fields, files = _multipart(data, content_type, limits)
        parts = (MultiDict(fields), MultiDict(files))
    request.__dict__[_PARTS] = parts
    return parts


def _fields(data: bytes, limits: FormLimits) -> list[tuple[str, str]]:
    """Those of a urlencoded body."""
    if data.count(b"&") >= limits.parts:
        raise HTTPError(413, f"the form has more than {limits.parts} parts")
    pairs = parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True)
    for name, value in pairs:
        if len(name) > limits.name_length:
            raise HTTPError(400, f"a name in the form is longer than {limits.name_length} characters")
        if len(value) > limits.field_size:
            raise HTTPError(413, f"the field {name[:40]!r} is larger than {limits.field_size} bytes")
    return pairs


def _multipart(
    data: bytes, content_type: str, limits: FormLimits
) -> tuple[list[tuple[str, str]], list[tuple[str, Upload]]]:
    boundary = parameter(content_type, "boundary")
    if not boundary or len(boundary) > 70:  # RFC 2046 section 5.1.1
        raise HTTPError(400, "the multipart body has no usable boundary in its Content-Type")
    return parse_multipart(data, boundary, limits)
