"""Basic and bearer authentication."""

import asyncio
import base64
import functools
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from typhon import Depends, Request, Router, basic_auth, bearer_auth, login_required, openapi, route
from typhon.testing import TestClient

users = basic_auth({"ada": "größe:1", "empty": ""}, realm="Shop")


async def _by_token(token: str) -> Any:
    await asyncio.sleep(0)
    return {"t1": "ada"}.get(token)


tokens = bearer_auth(_by_token)


@pytest.fixture
def client() -> Iterator[TestClient]:
    @route("/python/basic")
    def basic(request: Request, user: Annotated[str, Depends(users)]) -> str:
        return user

    @route("/python/bearer")
    async def bearer(request: Request, user: Annotated[str, Depends(tokens)]) -> str:
        return user

    for prefix, auth in (("/python/a", users), ("/python/b", tokens)):
        router = Router(prefix, before=[login_required(auth)])

        @router.route("/x")
        def below(request: Request) -> Any:
            return request.state.user

    openapi("x")
    with TestClient() as made:
        yield made


def test_the_right_password_is_let_in(client: TestClient) -> None:
    assert client.get("/python/basic", auth=("ada", "größe:1")).text == "ada"
    assert client.get("/python/basic", auth=("empty", "")).text == "empty"
    assert client.get("/python/a/x", auth=("ada", "größe:1")).text == "ada"


def encoded(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "field",
    [
        None,
        "",
        "Basic",
        "Basic ",
        "Basic !",
        "Bearer t1",
        encoded("ada"),
        encoded("ada:x"),
        encoded("bob:"),
        encoded(":"),
        "Basic /w==",
    ],
)
def test_everything_else_is_a_401_with_the_challenge(client: TestClient, field: str | None) -> None:
    headers = {} if field is None else {"Authorization": field}
    for path in ("/python/basic", "/python/a/x"):
        answer = client.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Basic realm="Shop", charset="UTF-8"'


def test_tokens(client: TestClient) -> None:
    for path in ("/python/bearer", "/python/b/x"):
        assert client.get(path, headers={"Authorization": "bearer t1"}).text == "ada"
        answer = client.get(path)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="Typhon"')
        answer = client.get(path, headers={"Authorization": "Bearer t2"})
        assert answer.headers["www-authenticate"] == 'Bearer realm="Typhon", error="invalid_token"'


def test_the_description_says_who_may_call(client: TestClient) -> None:
    found = client.get("/openapi.json").json()
    OpenAPIV31SpecValidator(found).validate()
    assert found["components"]["securitySchemes"] == {
        "basic": {"type": "http", "scheme": "basic"},
        "bearer": {"type": "http", "scheme": "bearer"},
    }
    assert found["paths"]["/python/basic"]["get"]["security"] == [{"basic": []}]
    assert found["paths"]["/python/b/x"]["get"]["security"] == [{"bearer": []}]


@pytest.mark.parametrize("realm", ['a"b', "a\nb", "ä", "a\\"])
def test_a_realm_that_no_header_can_hold_is_refused(realm: str) -> None:
    with pytest.raises(ValueError, match="realm"):
        basic_auth({}, realm)


class ByToken:
    """A check that is an object."""

    async def __call__(self, token: str) -> Any:
        return await _by_token(token)


async def _of_table(table: dict[str, str], token: str) -> Any:
    await asyncio.sleep(0)
    return table.get(token)


async def _sessions(request: Request) -> Any:
    return await tokens(request)


@pytest.mark.parametrize(
    "auth",
    [bearer_auth(ByToken()), bearer_auth(functools.partial(_of_table, {"t1": "ada"})), _sessions],
    ids=["object", "partial", "own"],
)
def test_an_async_check_of_any_form_is_awaited(auth: Any) -> None:
    router = Router("/python/c", before=[login_required(functools.partial(auth))])

    @router.route("/x")
    def below(request: Request) -> Any:
        return request.state.user

    @route("/python/depends")
    async def depends(request: Request, user: Annotated[str, Depends(auth)]) -> str:
        return user

    with TestClient() as client:
        for path in ("/python/c/x", "/python/depends"):
            assert client.get(path, headers={"Authorization": "Bearer t1"}).text == "ada"
            assert client.get(path, headers={"Authorization": "Bearer t2"}).status_code == 401


def _later(token: str) -> Any:
    """Looks like a plain check."""
    return _by_token(token)


class _Lazy:
    """A user that is found when somebody awaits it."""

    def __await__(self) -> Iterator[None]:
        yield


@pytest.mark.parametrize(
    "auth",
    [bearer_auth(_later), bearer_auth(lambda token: _Lazy()), lambda request: _sessions(request)],
    ids=["coroutine", "awaitable", "own"],
)
@pytest.mark.parametrize("token", ["t1", "t2"])
def test_what_nobody_awaits_lets_nobody_in(auth: Any, token: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A check that is not known to be async cannot say yes by a coroutine that has never run."""
    router = Router("/python/c", before=[login_required(auth)])

    @router.route("/x")
    async def below(request: Request) -> Any:
        raise AssertionError

    with TestClient() as client:
        answer = client.get("/python/c/x", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 500
    assert "which is not awaited here: write it as async def" in capsys.readouterr().err
