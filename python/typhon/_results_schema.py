"""What an OpenAPI document says of a handler's answers: by the annotation of its result."""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from typing import Any, get_args, get_origin

from typhon._describe import Description
from typhon._schemas import Schema, Schemas
from typhon.errors import phrase_of
from typhon.responses import HTML, Response, Text

ERROR = "Error"
_ERROR_SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "error": {"type": "string"},
        "request_id": {"type": "string"},
        "details": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"place": {"type": "string"}, "reason": {"type": "string"}},
                "required": ["place", "reason"],
            },
        },
    },
    "required": ["error", "request_id"],
}
_TEXTS: dict[Any, str] = {str: "text/plain", Text: "text/plain", HTML: "text/html"}


def responses_of(handler: Callable[..., Any], said: Description, schemas: Schemas) -> dict[str, Any]:
    """The ``responses`` of an operation; every error has the one form of all errors."""
    listed = {str(status): _response(status, kind, schemas) for status, kind in said.responses.items()}
    if not any(status < 400 for status in said.responses):
        listed = _success(_result_type(handler), schemas) | listed
    return listed | {"default": error_response(schemas)}


def error_response(schemas: Schemas) -> dict[str, Any]:
    """The ``default`` of every operation."""
    schemas.components.setdefault(ERROR, _ERROR_SCHEMA)
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{ERROR}"}}}
    return {"description": "an error", "content": content}


def _response(status: int, kind: Any, schemas: Schemas) -> dict[str, Any]:
    return {"description": phrase_of(status)} | _content(kind, schemas)


def _success(kind: Any, schemas: Schemas) -> dict[str, Any]:
    if kind in (None, types.NoneType):
        return {"204": {"description": "no content"}}
    if get_origin(kind) is tuple and len(get_args(kind)) in (2, 3):
        return {"2XX": {"description": "success"} | _content(get_args(kind)[0], schemas)}
    content = _content(kind, schemas)
    return {"200" if content else "2XX": {"description": "success"} | content}


def _content(kind: Any, schemas: Schemas) -> dict[str, Any]:
    if kind is None or kind is Any:
        return {}
    if kind in _TEXTS:
        return {"content": {_TEXTS[kind]: {"schema": {"type": "string"}}}}
    if kind is bytes:
        return {"content": {"application/octet-stream": {}}}
    if isinstance(kind, type) and issubclass(kind, Response):
        return {}
    schema = schemas.of(kind)
    return {} if schema is None else {"content": {"application/json": {"schema": schema}}}


def _result_type(handler: Callable[..., Any]) -> Any:
    """The annotation of the result; Any when it has none that says what the body is."""
    while isinstance(handler, functools.partial):
        handler = handler.func
    target = handler if inspect.isroutine(handler) else type(handler).__call__
    try:
        kind = typing.get_type_hints(inspect.unwrap(target), include_extras=True).get("return", Any)
    except Exception:
        return Any
    origin = get_origin(kind)
    if origin is Future:
        return get_args(kind)[0]
    return Any if origin in (Iterator, Generator) else kind
