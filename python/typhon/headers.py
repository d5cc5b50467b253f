"""Header fields of an answer, as hooks and handlers change them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any

from typhon.errors import ResultError


class HeaderMap(MutableMapping[str, str]):
    """Names in any case; `add` lets a name come more than once.

    Raises:
        ResultError: what it is made from is neither a mapping nor pairs.
    """

    def __init__(self, given: Any = ()) -> None:
        self._pairs = pairs_of(given)

    def add(self, name: str, value: str) -> None:
        """One field more, whatever there is under the name."""
        self._pairs.append((name, value))

    def getlist(self, name: str) -> list[str]:
        """All values of a name."""
        return [value for key, value in self._pairs if key.lower() == name.lower()]

    def pairs(self) -> list[tuple[str, str]]:
        """A copy of all fields, in order."""
        return list(self._pairs)

    def __getitem__(self, name: str) -> str:
        values = self.getlist(name)
        if not values:
            raise KeyError(name)
        return values[-1]

    def __setitem__(self, name: str, value: str) -> None:
        self._pairs = [pair for pair in self._pairs if pair[0].lower() != name.lower()]
        self._pairs.append((name, value))

    def __delitem__(self, name: str) -> None:
        kept = [pair for pair in self._pairs if pair[0].lower() != name.lower()]
        if len(kept) == len(self._pairs):
            raise KeyError(name)
        self._pairs = kept

    def __iter__(self) -> Iterator[str]:
        return iter({name.lower(): name for name, _ in self._pairs}.values())

    def __len__(self) -> int:
        return len({name.lower() for name, _ in self._pairs})


def pairs_of(given: Mapping[str, str] | Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Header fields as pairs.

    Raises:
        ResultError: they are none.
    """
    pairs = list(given.items() if isinstance(given, Mapping) else given)
    if any(not isinstance(pair, tuple | list) or len(pair) != 2 for pair in pairs):
        raise ResultError("headers are a dict, or a list of (name, value) pairs")
    return pairs
