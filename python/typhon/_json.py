"""JSON in and out, the same with and without orjson.

NaN and infinities become null. Beyond plain JSON values: dataclasses, datetime, date, time, UUID, Enum,
tuples, keys that are not str, numpy arrays and numbers, and integers of any size.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import math
import uuid
from collections.abc import Callable
from typing import Any

from typhon.errors import HTTPError, ResultError

try:
    import orjson
except ImportError:  # the standard library does the work then
    orjson = None  # type: ignore[assignment]

_Encoder = Callable[[Any], bytes]


def encode(value: object) -> bytes:
    """The JSON text of ``value``.

    Raises:
        ResultError: it cannot be encoded; the sentence has the type's name.
    """
    if orjson is not None:
        try:
            return orjson.dumps(value)
        except TypeError:
            pass  # what orjson alone refuses is looked at more slowly
    try:
        plain = _plain(value)
    except RecursionError:
        raise ResultError("a result that is nested too deeply (or holds itself) cannot become JSON") from None
    return _encode_plain(plain)


# What the worker calls for a dict or a list: may raise anything, `encode` is asked then.
fast_encode: _Encoder = encode if orjson is None else orjson.dumps


def decode(data: bytes) -> Any:
    """The value of a JSON text in UTF-8.

    Raises:
        HTTPError: 400, with line, column and byte position of the fault.
    """
    try:
        return _std_decode(data) if orjson is None else orjson.loads(data)
    except json.JSONDecodeError as error:
        raise HTTPError(400, _fault_text(error)) from None
    except UnicodeDecodeError as error:
        raise HTTPError(400, f"the body is not valid JSON: not UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise HTTPError(400, "the body is not valid JSON: nested too deeply") from None
    except ValueError as error:
        raise HTTPError(400, f"the body is not valid JSON: {error}") from None


def _std_decode(data: bytes) -> Any:
    return json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)


def _fault_text(error: json.JSONDecodeError) -> str:
    at_byte = len(error.doc[: error.pos].encode("utf-8", "surrogatepass"))
    place = f"at line {error.lineno} column {error.colno} (byte {at_byte})"
    return f"the body is not valid JSON: {error.msg} {place}"


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value")


def _encode_plain(plain: object) -> bytes:
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:  # half of a surrogate pair: JSON can say it as an escape only
        return json.dumps(plain, separators=(",", ":")).encode("ascii")


def _plain(value: Any) -> Any:
    """`value` in the types that the json module encodes by itself."""
    if value is None or isinstance(value, bool | str):
        return value if not isinstance(value, enum.Enum) else _plain(value.value)
    if isinstance(value, enum.Enum):
        return _plain(value.value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {_key(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return _plain_object(value)


def _plain_object(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value) if not field.name.startswith("_")]
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return _plain(value.tolist())
    raise ResultError(f"a value of the type {type_name(value)} cannot become JSON")


def _key(key: Any) -> str:
    if isinstance(key, enum.Enum):
        return _key(key.value)
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, bool | int | float):
        return json.dumps(_plain(key))
    if isinstance(key, uuid.UUID | dt.datetime | dt.date | dt.time):
        return str(_plain_object(key))
    raise ResultError(f"a dict key of the type {type_name(key)} cannot become JSON")


def type_name(value: object) -> str:
    """The name of a value's type with its module, as a person would look for it."""
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
