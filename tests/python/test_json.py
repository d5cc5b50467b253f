"""JSON, with orjson and without: the same text for every value."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import math
import uuid
from collections import namedtuple
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from typhon import HTTPError, _json
from typhon.errors import ResultError


@dataclasses.dataclass
class Point:
    x: int
    y: float


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


Pair = namedtuple("Pair", "a b")  # noqa: PYI024

WHEN = dt.datetime(2024, 5, 6, 7, 8, 9, tzinfo=dt.UTC)
ID = uuid.UUID(int=7)


@pytest.fixture(params=["orjson", "json"], autouse=True)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "json":
        monkeypatch.setattr(_json, "orjson", None)
    return str(request.param)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": [1, 2.5, True, None, "é"]}, {"a": [1, 2.5, True, None, "é"]}),
        ([math.nan, math.inf, -math.inf], [None, None, None]),
        ({"deep": {"nan": math.nan}}, {"deep": {"nan": None}}),
        (Point(1, math.nan), {"x": 1, "y": None}),
        ([Colour.RED, Level.LOW], ["red", 1]),
        (Pair(1, 2), [1, 2]),
        ((1, (2,)), [1, [2]]),
        (
            {7: "int", None: "none", True: "bool", 2.5: "float"},
            {"7": "int", "null": "none", "true": "bool", "2.5": "float"},
        ),
        ({ID: 1, Colour.RED: 2}, {str(ID): 1, "red": 2}),
        ([WHEN, WHEN.date(), ID], ["2024-05-06T07:08:09+00:00", "2024-05-06", str(ID)]),
        ([2**64, -(2**70)], [2**64, -(2**70)]),
        ("text", "text"),
        (None, None),
    ],
)
def test_a_value_becomes_json(value: Any, expected: Any) -> None:
    assert json.loads(_json.encode(value)) == expected


def test_half_of_a_surrogate_pair_is_an_escape() -> None:
    assert json.loads(_json.encode(["\ud800"])) == ["\ud800"]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({1, 2}, "set"),
        ({"a": object()}, "object"),
        ([b"x"], "bytes"),
        ({(1, 2): 3}, "tuple"),
        (Point, "type"),
    ],
)
def test_what_cannot_be_encoded_is_named(value: Any, name: str) -> None:
    with pytest.raises(ResultError, match=rf"type {name} cannot become JSON"):
        _json.encode(value)


def test_a_value_that_holds_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(ResultError, match="holds itself"):
        _json.encode(loop)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b'{"a": }', "line 1 column 7 (byte 6)"),
        (b'{"a":\n  x}', "line 2 column 3"),
        ('{"é": x}'.encode(), "(byte 7)"),
        (b"[1, 2", "line 1 column"),
        (b"nul", "line 1 column"),
        (b"\xff", "not valid JSON"),
        (b"NaN", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
    ],
)
def test_what_does_not_parse_is_a_400_with_its_place(data: bytes, place: str) -> None:
    with pytest.raises(HTTPError) as caught:
        _json.decode(data)
    assert caught.value.status == 400
    assert place in caught.value.message
    assert len(caught.value.message) < 200


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(value=JSON_VALUES)
def test_what_is_encoded_reads_back(value: Any) -> None:
    assert json.loads(_json.encode(value)) == value
