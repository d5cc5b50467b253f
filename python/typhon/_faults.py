"""Each fault of a JSON value that does not fit a type, with its place: msgspec itself stops at the first.

Runs for values that have been refused already, so it may take its time. Pure.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import msgspec

from typhon._signature import is_model, unwrapped

MAX_FAULTS = 50

Fault = dict[str, str]


def faults_of(value: Any, kind: Any, place: str, strict: bool = True) -> list[Fault]:
    """The faults of ``value``, at most MAX_FAULTS; empty when it fits.

    Args:
        value: of dicts, lists and plain values.
        kind: the type that it does not fit.
        place: how it is called: "body".
        strict: whether a text is no number; texts of a form are.
    """
    found: list[Fault] = []
    for fault in _search(value, kind, place, strict):
        found.append(fault)
        if len(found) == MAX_FAULTS:
            break
    return found


def fault_of(error: msgspec.ValidationError, place: str) -> Fault:
    """What msgspec says, as a fault below ``place``."""
    reason, _, path = str(error).partition(" - at `")
    key = path.startswith("key in ")
    below = path.removeprefix("key in ").rstrip("`").removeprefix("$")
    return {"place": place + below, "reason": ("a key: " if key else "") + _lower(reason)}


def _search(value: Any, kind: Any, place: str, strict: bool) -> Iterator[Fault]:
    """Goes down where the type says what is below, else takes the first fault of the whole."""
    try:
        msgspec.convert(value, kind, strict=strict, str_keys=True)
    except msgspec.ValidationError as error:
        whole = fault_of(error, place)
        found = False
        for fault in _below(value, unwrapped(kind), place, strict):
            found = True
            yield fault
        if not found:
            yield whole


def _below(value: Any, kind: Any, place: str, strict: bool) -> Iterator[Fault]:
    origin, arguments = get_origin(kind), get_args(kind)
    if isinstance(value, dict) and is_model(kind) and not _is_tagged(kind):
        yield from _in_fields(value, kind, place, strict)
    elif isinstance(value, dict) and origin is dict:
        for key, item in value.items():
            yield from _search(item, arguments[1], f"{place}.{key}", strict)
    elif isinstance(value, list) and origin in (list, set, frozenset):
        for number, item in enumerate(value):
            yield from _search(item, arguments[0], f"{place}[{number}]", strict)


def _in_fields(value: dict[str, Any], kind: Any, place: str, strict: bool) -> Iterator[Fault]:
    hints = typing.get_type_hints(kind, include_extras=True)
    info: Any = msgspec.inspect.type_info(kind)
    for field in info.fields:
        here = f"{place}.{field.encode_name}"
        if field.encode_name in value:
            yield from _search(value[field.encode_name], hints[field.name], here, strict)
        elif field.required:
            yield {"place": here, "reason": "missing"}


def _is_tagged(kind: Any) -> bool:
    """A union's member: which one is meant is for msgspec to say."""
    return getattr(getattr(kind, "__struct_config__", None), "tag", None) is not None


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
