"""Checks of what clients send, shared by the handlers.

Its name starts with an underscore: the server leaves such modules to the application's own imports.
"""

import math
from typing import Any

from typhon import Request, abort

Number = int | float

MAX_DURATION = 10


def duration_of(request: Request) -> Number:
    """The query parameter ``duration``: 0 to 10 seconds, 1 when it is missing.

    Raises:
        HTTPError: 400 for anything else.
    """
    text = request.query_params.get("duration", "1")
    duration = _number(text)
    if duration is None or not 0 <= duration <= MAX_DURATION:
        abort(400, f"duration must be a number of seconds from 0 to {MAX_DURATION}, not {text[:40]!r}")
    return duration


def numbers_of_query(request: Request) -> list[Number]:
    """The query parameter ``numbers``, "1,2,3".

    Raises:
        HTTPError: 400 when it is missing, or one of them is not a number.
    """
    text = request.query_params.get("numbers", "")
    if not text.strip():
        abort(400, "the query parameter numbers is missing: write ?numbers=1,2,3")
    numbers = []
    for part in text.split(","):
        number = _number(part)
        if number is None:
            abort(400, f"numbers must be numbers separated by commas: {part[:40]!r} is none")
        numbers.append(number)
    return numbers


def numbers_of_body(request: Request) -> list[Number]:
    """The list of a JSON body ``{"numbers": [1, 2]}``.

    Raises:
        HTTPError: 400 when it does not parse or has another shape.
    """
    body = request.json
    numbers = body.get("numbers") if isinstance(body, dict) else None
    if not isinstance(numbers, list):
        abort(400, 'the body must be {"numbers": [...]}')
    for position, number in enumerate(numbers):
        if not _is_number(number):
            abort(400, f"numbers[{position}] is not a number")
    return numbers


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and _is_finite(value)


def _number(text: str) -> Number | None:
    for convert in (int, float):
        try:
            number: Number = convert(text)
        except ValueError:
            continue
        return number if _is_finite(number) else None
    return None


def _is_finite(number: Number) -> bool:
    """Whether it is within what a float can be; an int can be larger."""
    try:
        return math.isfinite(number)
    except OverflowError:
        return False
