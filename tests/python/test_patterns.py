"""Route patterns: what is one, and what each mistake is told."""

from __future__ import annotations

import pytest

from typhon import RouteError
from typhon.patterns import parameters_in, shape_of


@pytest.mark.parametrize(
    ("pattern", "shape"),
    [
        ("/python/hello", "/python/hello"),
        ("/python/users/<int:user_id>", "/python/users/<int>"),
        ("/python/items/<name>", "/python/items/<str>"),
        ("/python/items/<str:name>", "/python/items/<str>"),
        ("/python/<uuid:a>/<float:b>/<path:rest>", "/python/<uuid>/<float>/<path>"),
        ("/python/", "/python/"),
        ("/python/a.b-c~d", "/python/a.b-c~d"),
    ],
)
def test_a_pattern_has_a_shape_without_parameter_names(pattern: str, shape: str) -> None:
    assert shape_of(pattern) == shape


def test_the_parameters_of_a_pattern_are_told_with_their_converters() -> None:
    assert list(parameters_in("/python/<b>/x/<int:a>/<path:rest>").items()) == [
        ("b", ""),
        ("a", "int"),
        ("rest", "path"),
    ]
    assert parameters_in("/python/x") == {}


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("/hello", "must start with /python/"),
        ("python/hello", "must start with /python/"),
        ("/python", "must start with /python/"),
        ("", "must start with /python/"),
        ("/python/x?y=1", "query or fragment"),
        ("/python/x#y", "query or fragment"),
        ("/python/a b", "spaces or control"),
        ("/python/a\n", "spaces or control"),
        ("/python/../x", '"." or ".."'),
        ("/python/<num:x>", 'unknown converter "num"'),
        ("/python/<:x>", 'unknown converter ""'),
        ("/python/<int:x>-y", "must be text, or one parameter"),
        ("/python/<x", "must be text, or one parameter"),
        ("/python/<int:>", "must be a Python name"),
        ("/python/<int:2x>", "must be a Python name"),
        ("/python/<x>/<int:x>", "comes twice"),
        ("/python/<path:x>/y", "must be the last segment"),
    ],
)
def test_a_bad_pattern_is_refused_with_its_reason(pattern: str, reason: str) -> None:
    with pytest.raises(RouteError) as caught:
        shape_of(pattern)
    assert reason in str(caught.value)
