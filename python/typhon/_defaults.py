"""Puts the defaults of dataclasses into instances that msgspec has decoded.

msgspec leaves a plain default where Python finds it, in the class. Whoever reads the instance's own
``__dict__`` (orjson, `vars`) would miss it.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable
from typing import Any, get_args, get_origin

from typhon._signature import is_model, unwrapped

Fill = Callable[[Any], None]

_COLLECTIONS = (dict, list, tuple, set, frozenset)


def filler_of(kind: Any) -> Fill | None:
    """What completes a decoded value of a type, in place; None when there is nothing to complete."""
    fillers = _Fillers()
    fill = fillers.of(kind)
    return fill if fillers.have_defaults() else None


class _Fillers:
    """One filler for each model, which may hold itself."""

    def __init__(self) -> None:
        self._models: dict[Any, _ModelFiller] = {}

    def of(self, kind: Any) -> Fill | None:
        plain = unwrapped(kind)
        if isinstance(plain, type) and is_model(plain):
            return self._of_model(plain)
        parts = [fill for part in get_args(plain) if (fill := self.of(part)) is not None]
        if not parts:
            return None
        return _each_value(parts) if get_origin(plain) in _COLLECTIONS else _any(parts)

    def have_defaults(self) -> bool:
        """Whether one of the models that were met has any."""
        return any(filler.defaults for filler in self._models.values())

    def _of_model(self, model: type) -> Fill:
        if model not in self._models:
            filler = self._models[model] = _ModelFiller(model)
            hints = typing.get_type_hints(model, include_extras=True)
            found = {name: self.of(hint) for name, hint in hints.items()}
            filler.nested.update({name: fill for name, fill in found.items() if fill is not None})
        return self._models[model]


class _ModelFiller:
    """Completes instances of one class, and leaves all else alone."""

    def __init__(self, model: type) -> None:
        self._is_dict = typing.is_typeddict(model)
        self._class: Any = dict if self._is_dict else model
        self.defaults = _plain_defaults(model)
        self.nested: dict[str, Fill] = {}

    def __call__(self, value: Any) -> None:
        if not isinstance(value, self._class):
            return
        for name, default in self.defaults.items():
            value.__dict__.setdefault(name, default)
        for name, fill in self.nested.items():
            fill(value.get(name) if self._is_dict else getattr(value, name))


def _plain_defaults(model: type) -> dict[str, Any]:
    """Those that a class has as attributes; a class with slots has none."""
    if not dataclasses.is_dataclass(model) or not hasattr(model, "__dict__") or "__slots__" in vars(model):
        return {}
    missing = dataclasses.MISSING
    return {one.name: one.default for one in dataclasses.fields(model) if one.default is not missing}


def _each_value(parts: list[Fill]) -> Fill:
    """For a collection; in a union the value can be of another kind."""

    def fill(value: Any) -> None:
        if not isinstance(value, _COLLECTIONS):
            return
        for item in value.values() if isinstance(value, dict) else value:
            for part in parts:
                part(item)

    return fill


def _any(parts: list[Fill]) -> Fill:
    """For a union: each part looks whether the value is its own."""

    def fill(value: Any) -> None:
        for part in parts:
            part(value)

    return fill
