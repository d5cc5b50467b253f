"""``@route``: the table that it fills, and what it refuses."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from typhon import RouteError, route
from typhon.routing import table


def test_a_decorated_function_is_a_row_of_the_table_and_stays_itself() -> None:
    def hello(request: Any) -> str:
        return "hi"

    assert route("/python/hello")(hello) is hello
    (spec,) = table.routes()
    assert (spec.methods, spec.pattern, spec.mode, spec.call) == (("GET",), "/python/hello", "thread", hello)
    assert spec.name.startswith(f"{__name__}.")
    assert spec.source.startswith(f"{__file__}:")
    assert (spec.wants_pool, spec.timeout, spec.max_in_flight) == (False, None, None)


def test_options_are_kept() -> None:
    @route("/python/x", methods=["post", "PUT", "POST"], timeout=2, name="nice", max_in_flight=4)
    def handler(request: Any) -> None: ...

    (spec,) = table.routes()
    assert (spec.methods, spec.timeout, spec.name, spec.max_in_flight) == (("POST", "PUT"), 2.0, "nice", 4)


def test_a_coroutine_function_is_async_and_may_have_the_pool() -> None:
    @route("/python/a")
    async def plain(request: Any) -> None: ...

    @route("/python/b", use_process_pool=True)
    async def pooled(request: Any, pool: Any) -> None: ...

    assert [(spec.mode, spec.wants_pool) for spec in table.routes()] == [("async", False), ("async", True)]


def test_a_plain_function_with_the_pool_has_the_mode_pool() -> None:
    @route("/python/a", use_process_pool=True)
    def pooled(request: Any, pool: Any) -> None: ...

    assert [(spec.mode, spec.wants_pool) for spec in table.routes()] == [("pool", True)]


def test_a_callable_object_with_an_async_call_is_async() -> None:
    class Handler:
        async def __call__(self, request: Any) -> None: ...

    route("/python/a")(Handler())
    assert table.routes()[0].mode == "async"


def test_a_wrapped_function_is_found_at_its_own_line() -> None:
    def inner(request: Any) -> None: ...

    @functools.wraps(inner)
    def outer(*args: Any) -> None: ...

    route("/python/a")(outer)
    assert table.routes()[0].source == f"{__file__}:{inner.__code__.co_firstlineno}"


def test_two_handlers_for_one_method_and_path_are_refused_with_both_places() -> None:
    @route("/python/users/<int:a>", methods=["GET", "POST"])
    def first(request: Any) -> None: ...

    with pytest.raises(RouteError) as caught:

        @route("/python/users/<int:b>", methods=["PUT", "POST"])
        def second(request: Any) -> None: ...

    text = str(caught.value)
    assert "two handlers for POST" in text
    assert "first" in text
    assert "second" in text
    assert text.count(f"{__file__}:") == 2


def test_one_path_may_have_a_handler_for_each_method() -> None:
    for method in ("GET", "POST", "DELETE"):
        route("/python/x", methods=[method])(lambda request: None)
    assert len(table.routes()) == 3


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"methods": "GET"}, 'methods=["GET"]'),
        ({"methods": []}, "methods is empty"),
        ({"methods": ["FETCH"]}, "unknown method FETCH"),
        ({"methods": ["G ET"]}, "unknown method G?ET"),
        ({"methods": [1]}, "unknown method 1"),
        ({"timeout": 0}, "timeout is a number of seconds above 0"),
        ({"timeout": float("nan")}, "timeout"),
        ({"timeout": "3"}, "timeout"),
        ({"max_in_flight": 0}, "max_in_flight"),
        ({"max_in_flight": True}, "max_in_flight"),
    ],
)
def test_a_bad_option_is_refused_with_its_reason(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(RouteError) as caught:
        route("/python/x", **options)
    assert reason in str(caught.value)


def _no_arguments() -> None: ...
def _pool_too(request: Any, pool: Any) -> None: ...
def _keyword_only(request: Any, *, page) -> None: ...  # type: ignore[no-untyped-def]
async def _generator(request: Any) -> Any:
    yield "x"


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (_no_arguments, "a handler is f(request)"),
        (_pool_too, "use_process_pool=True gives it the pool"),
        (_keyword_only, "a handler is f(request)"),
        ("text", "decorates a function, not str"),
    ],
)
def test_a_function_that_cannot_be_called_is_refused_with_its_place(handler: Any, reason: str) -> None:
    with pytest.raises(RouteError) as caught:
        route("/python/x")(handler)
    assert reason in str(caught.value)
    assert table.routes() == []


def test_an_async_generator_runs_on_the_event_loop() -> None:
    route("/python/x")(_generator)
    assert table.routes()[0].mode == "async"


def test_a_pool_handler_without_a_second_argument_is_refused() -> None:
    with pytest.raises(RouteError, match=r"a handler is f\(request, pool\)"):
        route("/python/x", use_process_pool=True)(lambda request: None)


def test_a_bad_pattern_names_the_handler_and_its_line() -> None:
    with pytest.raises(RouteError) as caught:

        @route("/python/<num:x>")
        def handler(request: Any) -> None: ...

    assert 'unknown converter "num"' in str(caught.value)
    assert f"{__file__}:" in str(caught.value)
