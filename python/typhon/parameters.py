"""What a handler writes into an annotation to say where a parameter comes from.

    def search(request, token: Annotated[str, Header("X-Token")], user: Annotated[User, Depends(login)])

Without one, a name of the path is a path parameter, a scalar (or a list of scalars) a query parameter, and
any other type the body.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Query:
    """A parameter of the query; ``name`` when it is called otherwise there."""

    name: str | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """A header field; ``user_agent`` is ``User-Agent`` unless ``name`` says otherwise."""

    name: str | None = None


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie; ``name`` when it is called otherwise there."""

    name: str | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """The JSON body, for a type that would be taken for a query parameter."""


@dataclass(frozen=True, slots=True)
class Form:
    """A field of a form (``name`` when it is called otherwise there), or a model of all its fields."""

    name: str | None = None


@dataclass(frozen=True, slots=True)
class Depends:
    """What ``call(request)`` returns. It may have parameters of its own, and dependencies among them.

    It is called once for a request, however many ask for it. What it raises ends the request.
    """

    call: Callable[..., Any]
