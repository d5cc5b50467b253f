"""What the getters of all parameters share: how they say that a value does not fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from typhon._signature import unwrapped

Getter = Callable[[Any], Any]
Fault = dict[str, str]


class Unfit(Exception):  # noqa: N818
    """One parameter does not fit; an internal signal, the client gets a ValidationError."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults)
        self.faults = faults


def is_pydantic(kind: Any) -> bool:
    """Whether a type is, or holds, a pydantic model. Imports nothing."""
    plain = unwrapped(kind)
    if isinstance(plain, type):
        return hasattr(plain, "model_validate_json")
    return any(is_pydantic(part) for part in get_args(plain))


def pydantic_faults(error: Any, place: str) -> list[Fault]:
    """What a pydantic.ValidationError says, below ``place``."""
    return [_fault(one, place) for one in error.errors(include_url=False)]


def _fault(error: Any, place: str) -> Fault:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"])
    return {"place": place + path, "reason": "missing" if error["type"] == "missing" else error["msg"]}
