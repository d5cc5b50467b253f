"""What a handler tells readers of its API beyond its signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

HandlerT = TypeVar("HandlerT", bound=Callable[..., Any])

_ATTRIBUTE = "__typhon_description__"


@dataclass(frozen=True, slots=True)
class Description:
    """The words of `describe`."""

    summary: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    responses: Mapping[int, Any] = field(default_factory=dict)
    hidden: bool = False


def describe(
    *,
    summary: str | None = None,
    description: str | None = None,
    tags: Sequence[str] = (),
    responses: Mapping[int, Any] | None = None,
    hidden: bool = False,
) -> Callable[[HandlerT], HandlerT]:
    """Adds to what the API description says of a handler. Write it below ``@route``.

    Args:
        summary: one line; the first line of the docstring when left out.
        description: more; the rest of the docstring when left out.
        tags: groups that it belongs to.
        responses: the type of the body for each status: ``{201: Item, 404: None}``; by the annotation of the
            result when left out.
        hidden: whether it is left out of the description.
    """
    said = Description(summary, description, tuple(tags), dict(responses or {}), hidden)

    def decorate(handler: HandlerT) -> HandlerT:
        setattr(handler, _ATTRIBUTE, said)
        return handler

    return decorate


def description_of(handler: Any) -> Description:
    """What was said of a handler."""
    said: Description = getattr(handler, _ATTRIBUTE, Description())
    return said
