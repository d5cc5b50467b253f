"""What an application writes: type checkers must have nothing to say about it, and know each type."""

import contextlib
from collections.abc import AsyncIterator, Callable, Generator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Annotated, Any, assert_type

from typhon import (
    HTML,
    JSON,
    Cookie,
    Depends,
    Form,
    FormLimits,
    Header,
    Headers,
    HTTPError,
    MultiDict,
    Pool,
    Query,
    Redirect,
    Request,
    Response,
    Router,
    Templates,
    Text,
    Upload,
    ValidationError,
    abort,
    after_request,
    basic_auth,
    bearer_auth,
    before_request,
    current_request,
    describe,
    error_handler,
    form_limits,
    login_required,
    middleware,
    on_shutdown,
    on_startup,
    openapi,
    read_form,
    route,
    sessions,
    state,
)
from typhon.testing import LiveServer, TestClient

openapi("Shop", version="1.0")
sessions("a secret that is long enough", secure=True)
form_limits(FormLimits(file_size=1_000_000))
pages = Templates("templates", module=__file__)
people = basic_auth({"ada": "secret"})


async def owner(token: str) -> str | None:
    """Who has a token."""
    return {"t1": "ada"}.get(token)


tokens = bearer_auth(owner)


@dataclass
class Item:
    """A model."""

    name: str
    price: float = 1.0


@route("/python/items/<int:shop>", methods=["POST"], timeout=5)
@describe(tags=["items"], responses={201: Item})
def create(
    request: Request,
    shop: int,
    item: Item,
    name: Annotated[str, Depends(people)],
    agent: Annotated[str, Header("User-Agent")] = "",
    theme: Annotated[str, Cookie()] = "",
    page: Annotated[int, Query("p")] = 1,
) -> tuple[Item, int]:
    """Every kind of parameter."""
    assert_type(request.query_params, MultiDict[str])
    assert_type(request.headers, Headers)
    assert_type(request.headers.get("x"), str | None)
    assert_type(request.data, bytes)
    assert_type(request.content_type, str)
    assert_type(request.session, dict[str, Any])
    assert_type(request.deadline, float)
    if shop > page:
        abort(404, f"{name} {agent} {theme}")
    return item, 201


@route("/python/photos", methods=["POST"])
async def photo(request: Request, photo: Upload, title: Annotated[str, Form()] = "") -> Response:
    """A form."""
    read_form(request, FormLimits())
    assert_type(request.files, MultiDict[Upload])
    assert_type(photo.data, bytes)
    answer = Redirect("/python/photos")
    answer.set_cookie("title", title, max_age=60, httponly=True)
    answer.headers["X-Size"] = str(photo.size)
    return answer


@route("/python/sum", use_process_pool=True)
def total(request: Request, pool: Executor) -> "Future[int]":
    """A task."""
    return pool.submit(sum, [1, 2])


@route("/python/later", use_process_pool=True)
def later(request: Request, pool: Pool) -> Text:
    """A task with a time of its own."""
    pool.with_timeout(60).submit(sum, [1, 2])
    return Text("ordered", 202)


assert_type(total(Request(), Pool.__new__(Pool)), "Future[int]")


@on_startup
def connect() -> None:
    """Plain."""
    state.db = {}


@on_shutdown(timeout=3)
async def close() -> None:
    """Async."""
    state.db.clear()


@before_request
def seen(request: Request) -> Response | None:
    """A hook."""
    request.state.seen = True
    return HTML("<p>") if current_request() is not request else None


@after_request
def mark(request: Request, response: Response) -> None:
    """A hook."""
    response.headers.add("X-Status", str(response.status))


@middleware
def around(request: Request) -> Generator[None, Response, None]:
    """A generator."""
    response = yield
    response.delete_cookie("old")


@middleware
async def around_later(request: Request, call_next: Callable[[Request], Any]) -> Any:
    """A coroutine."""
    return await call_next(request)


@error_handler(KeyError)
def unknown(request: Request, error: KeyError) -> Any:
    """An error."""
    return {"error": str(error)}, 404


@error_handler(422)
def invalid(request: Request, error: HTTPError) -> JSON:
    """Its details."""
    assert isinstance(error, ValidationError)
    return JSON(error.details, 422)


admin = Router("/python/admin", before=[login_required(tokens)], tags=["admin"])


@admin.route("/<name>")
def below(request: Request, name: str) -> HTML:
    """A route of a group."""
    return pages.page("x.html", name=name, user=request.state.user)


def test_it() -> None:
    """The clients."""
    with TestClient("app") as client:
        assert_type(client.get("/python/x").status_code, int)
    with LiveServer("app", workers=2) as server:
        assert_type(server.url, str)


@contextlib.asynccontextmanager
async def unrelated() -> AsyncIterator[None]:
    """Nothing of ours, to see that others' types go on working."""
    yield
