"""The text of a route, checked: "/python/users/<int:user_id>".

The same rules as proto/route_pattern.hpp, which matches requests. They are checked here too, so that a
mistake is reported at the line of the handler that made it. Pure.
"""

from __future__ import annotations

import re

from typhon.errors import RouteError

CONVERTERS = ("int", "float", "str", "path", "uuid")

PARAMETER = re.compile(r"<(?:([^:<>]*):)?([^:<>]*)>")  # its groups are converter (None without one) and name
_SPACE_OR_CONTROL = re.compile(r"[\x00-\x20\x7f]")


def parameters_in(pattern: str) -> dict[str, str]:
    """Name to converter for each parameter of a pattern, in order; an empty one where none is written."""
    return {name: converter for converter, name in PARAMETER.findall(pattern)}


def shape_of(pattern: str) -> str:
    """What patterns that match the same requests have in common: parameter names left out ("/a/<int>").

    Raises:
        RouteError: the pattern is no pattern, in one sentence.
    """
    _check_text(pattern)
    segments = pattern[1:].split("/")
    names: set[str] = set()
    last = len(segments) - 1
    shape = [_segment_shape(pattern, text, place == last, names) for place, text in enumerate(segments)]
    return "/" + "/".join(shape)


def _check_text(pattern: str) -> None:
    if not isinstance(pattern, str):
        raise RouteError(f"a route's path is a str, not {type(pattern).__name__}")
    if not pattern.startswith("/python/") and not _is_own(pattern):
        raise RouteError(f'the path "{pattern}" must start with /python/: others belong to native routes')
    if any(mark in pattern for mark in "?#"):
        raise RouteError(f'the path "{pattern}" must not hold a query or fragment ("?" or "#")')
    if _SPACE_OR_CONTROL.search(pattern):
        raise RouteError(f'the path "{pattern}" must not hold spaces or control characters')
    if any(segment in (".", "..") for segment in pattern.split("/")):
        raise RouteError(f'the path "{pattern}" must not hold "." or ".." as a segment')


def _is_own(pattern: str) -> bool:
    """What the gateway hands to the workers besides: the description of the API."""
    return pattern in ("/openapi.json", "/docs") or pattern.startswith("/docs/")


def _segment_shape(pattern: str, segment: str, last: bool, names: set[str]) -> str:
    if "<" not in segment and ">" not in segment:
        return segment
    match = PARAMETER.fullmatch(segment)
    if match is None:
        raise RouteError(f'"{segment}" in "{pattern}" must be text, or one parameter such as <int:id>')
    converter, name = match.group(1), match.group(2)
    if converter is None:
        converter = "str"
    if converter not in CONVERTERS:
        known = ", ".join(CONVERTERS)
        raise RouteError(f'unknown converter "{converter}" in the path "{pattern}" (there are {known})')
    _check_name(pattern, name, names)
    if converter == "path" and not last:
        raise RouteError(f'<path:{name}> must be the last segment of "{pattern}"')
    return f"<{converter}>"


def _check_name(pattern: str, name: str, names: set[str]) -> None:
    if not (name.isidentifier() and name.isascii()):
        raise RouteError(f'the parameter "{name}" of "{pattern}" must be a Python name')
    if name in names:
        raise RouteError(f'the parameter "{name}" comes twice in "{pattern}"')
    names.add(name)
