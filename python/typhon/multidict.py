"""Dictionaries for names that may come more than once: query parameters, form fields, header fields.

They are dicts (they print, compare and encode as such), made from what was received, not meant to be changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, TypeVar, overload

ValueT = TypeVar("ValueT")
DefaultT = TypeVar("DefaultT")


class MultiDict(dict[str, ValueT], Generic[ValueT]):
    """A dict from (name, value) pairs: the last value wins, `getlist` has all.

    >>> params = MultiDict([("tag", "a"), ("tag", "b")])
    >>> params["tag"], params.getlist("tag")
    ('b', ['a', 'b'])
    """

    def __init__(self, pairs: Iterable[tuple[str, ValueT]] = ()) -> None:
        self._pairs = list(pairs)
        super().__init__(self._pairs)

    def getlist(self, name: str) -> list[ValueT]:
        """All values received under ``name``, in order; empty when there is none."""
        return [value for key, value in self._pairs if key == name]

    def pairs(self) -> list[tuple[str, ValueT]]:
        """All names and values, in order."""
        return list(self._pairs)

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self._pairs,))


class Headers(MultiDict[str]):
    """Header fields: names are found in any case and listed as they were received.

    >>> Headers([("Content-Type", "text/plain")])["content-type"]
    'text/plain'
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__()
        self._pairs = list(pairs)
        self._names: dict[str, str] = {}  # lower case -> as first received
        for name, value in self._pairs:
            dict.__setitem__(self, self._names.setdefault(name.lower(), name), value)

    def getlist(self, name: str) -> list[str]:
        """All values of the field, in order; empty when there is none."""
        wanted = name.lower()
        return [value for key, value in self._pairs if key.lower() == wanted]

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(self._names.get(name.lower(), name))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._names

    @overload
    def get(self, name: str, default: None = None, /) -> str | None: ...
    @overload
    def get(self, name: str, default: str, /) -> str: ...
    @overload
    def get(self, name: str, default: DefaultT, /) -> str | DefaultT: ...
    def get(self, name: str, default: object = None, /) -> object:
        """The field's last value, or ``default``."""
        return super().get(self._names.get(name.lower(), name), default)
