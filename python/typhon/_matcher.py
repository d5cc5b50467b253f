"""Finds the route of a request in plain Python, for tests that run without a worker.

It says what proto/router.hpp says: literal paths win, then the order of declaration.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from typhon.patterns import PARAMETER
from typhon.routing import RouteSpec

_HEX = "[0-9a-fA-F]"
_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "str": (r".+", str),
    "int": (r"[0-9]{1,18}", int),
    "float": (r"[0-9]+(\.[0-9]+)?", float),
    "uuid": (rf"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}", str.lower),
}


@dataclass
class Match:
    """What is found: a route with its parameters, or the methods that other routes of the path have."""

    route: RouteSpec | None = None
    params: dict[str, Any] = field(default_factory=dict)
    allow: set[str] = field(default_factory=set)


class Matcher:
    """Routes in the order in which they are tried."""

    def __init__(self, routes: Iterable[RouteSpec]) -> None:
        self._routes = sorted(routes, key=lambda spec: "<" in spec.pattern)

    def match(self, method: str, raw_path: str) -> Match:
        """The route of a request; ``raw_path`` is percent-encoded."""
        segments = [unquote(segment) for segment in raw_path.split("/")[1:]]
        fitting: list[tuple[RouteSpec, dict[str, Any]]] = []
        for spec in self._routes:
            params = params_of(spec.pattern, segments)
            if params is not None:
                fitting.append((spec, params))
        for spec, params in fitting:
            if method in spec.methods or (method == "HEAD" and "GET" in spec.methods):
                return Match(spec, params)
        allow = {name for spec, _ in fitting for name in spec.methods}
        return Match(allow=allow | {"OPTIONS"} | ({"HEAD"} if "GET" in allow else set()) if allow else set())


def params_of(pattern: str, segments: list[str]) -> dict[str, Any] | None:
    """The parameters of a path of decoded segments; None when the pattern does not fit it."""
    wanted = pattern.split("/")[1:]
    params: dict[str, Any] = {}
    for place, part in enumerate(wanted):
        parameter = PARAMETER.fullmatch(part)
        kind = (parameter[1] or "str") if parameter else ""
        if place >= len(segments):
            return None
        if parameter and kind == "path":
            return _with_rest(params, parameter[2], segments[place:])
        if parameter and re.fullmatch(_READERS[kind][0], segments[place], re.DOTALL):
            params[parameter[2]] = _READERS[kind][1](segments[place])
        elif segments[place] != part:
            return None
    return params if len(wanted) == len(segments) else None


def _with_rest(params: dict[str, Any], name: str, rest: list[str]) -> dict[str, Any] | None:
    if not rest[0] or any("/" in segment for segment in rest):
        return None
    return params | {name: "/".join(rest)}
