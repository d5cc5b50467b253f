"""What native routes say of themselves, for the API description: the gateway leaves it in a file.

The gateway has checked that each is an OpenAPI operation object (gateway/native/description.cpp); what its
author may leave out is added here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from typhon import _log


@dataclass(frozen=True, slots=True)
class NativeRoute:
    """A route that a C++ handler serves."""

    method: str
    pattern: str
    operation: dict[str, Any]


@dataclass(frozen=True, slots=True)
class NativeApi:
    """The native routes that are described, and the schemas that their descriptions refer to."""

    routes: tuple[NativeRoute, ...] = ()
    schemas: dict[str, Any] = field(default_factory=dict)


current = NativeApi()


def use(path: str) -> None:
    """Takes what the file says; nothing when ``path`` is empty.

    A file that is lost costs the description alone.
    """
    global current
    try:
        current = parsed(Path(path).read_bytes()) if path else NativeApi()
    except (OSError, ValueError, KeyError, TypeError) as error:
        _log.write(f"[error] the API description is without native routes: {path}: {error!r}")
        current = NativeApi()


def parsed(text: bytes) -> NativeApi:
    """What a text of the gateway says.

    Raises:
        ValueError: it is no JSON.
        KeyError: it is not the gateway's.
        TypeError: the same.
    """
    found = json.loads(text)
    return NativeApi(tuple(NativeRoute(**route) for route in found["routes"]), found["schemas"])
