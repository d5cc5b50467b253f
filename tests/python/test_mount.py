"""Applications of WSGI and ASGI below a path."""

import asyncio
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any
from wsgiref.validate import validator

import fastapi
import flask
import pytest
from starlette.responses import StreamingResponse

from typhon import Request, RouteError, after_request, mount, route
from typhon._peers import host_and_port
from typhon._wsgi import environ_of
from typhon.testing import TestClient

Environ = dict[str, Any]
Start = Callable[..., Any]


@pytest.fixture
def client() -> Iterator[Callable[..., TestClient]]:
    """``client(app)`` mounts it at /python/app."""
    made: list[TestClient] = []

    def make(application: Any, **options: Any) -> TestClient:
        mount("/python/app", application, **options)
        made.append(TestClient())
        made[-1].__enter__()
        return made[-1]

    yield make
    for one in made:
        one.close()


def echo(environ: Environ, start_response: Start) -> list[bytes]:
    start_response("201 Made", [("Content-Type", "text/plain"), ("X-A", "1"), ("X-A", "2")])
    body = environ["wsgi.input"].read(-1)
    words = [environ[name] for name in ("REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING")]
    return [" ".join(words).encode("latin-1"), b"|", body]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["", "/", "/a", "/a/b/", "/gr%C3%B6%C3%9Fe%20x"])
def test_a_wsgi_application_sees_what_pep_3333_says(client: Any, method: str, path: str) -> None:
    made = client(validator(echo))
    answer = made.request(method, f"/python/app{path}?q=%20", content=b"body")
    decoded = path.replace("gr%C3%B6%C3%9Fe%20x", "größe x")
    assert answer.status_code == 201
    assert answer.content == f"{method} /python/app {decoded} q=%20|body".encode()
    assert answer.headers.get_list("x-a") == ["1", "2"]


def test_a_head_request_reaches_the_application(client: Any) -> None:
    made = client(validator(lambda environ, start: (start("204 No Content", []), [])[1]))
    assert made.head("/python/app").status_code == 204


def test_header_fields_of_a_wsgi_request() -> None:
    pairs = [
        ("X-A", "1"),
        ("x-a", "2"),
        ("X_A", "evil"),
        ("Cookie", "a=1"),
        ("Cookie", "b=2"),
        ("Content-Type", "text/x"),
        ("Content-Length", "3"),
        ("Host", "[::1]:81"),
    ]
    request = Request("POST", "/python/app", headers=pairs, data=b"abc", client="[::2]:5")
    environ = environ_of(request, "/python/app")
    assert (environ["HTTP_X_A"], environ["HTTP_COOKIE"]) == ("1,2", "a=1; b=2")
    assert (environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"]) == ("text/x", "3")
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("::1", "81")
    assert (environ["REMOTE_ADDR"], environ["REMOTE_PORT"]) == ("::2", "5")
    assert "HTTP_CONTENT_TYPE" not in environ


@pytest.mark.parametrize(
    ("text", "found"),
    [("a:1", ("a", 1)), ("a", ("a", 80)), ("[::1]:1", ("::1", 1)), ("[::1]", ("::1", 80)), ("", ("", 80))],
)
def test_hosts_and_ports(text: str, found: tuple[str, int]) -> None:
    assert host_and_port(text, 80) == found


class Closing:
    """An iterable that notes its end."""

    def __init__(self, pieces: list[Any]) -> None:
        self.pieces = pieces
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize(("pieces", "status"), [([b"a", b"", b"b"], 200), ([b"a", ValueError("x")], 500)])
def test_the_iterable_is_closed_once_whatever_happens(
    client: Any, pieces: list[Any], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    closing = Closing(pieces)

    def application(environ: Environ, start_response: Start) -> Closing:
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "99")])
        return closing

    answer = client(application).get("/python/app")
    assert (answer.status_code, closing.closed) == (status, 1)
    if status == 200:
        assert (answer.text, answer.headers["content-length"]) == ("ab", "2")
    capsys.readouterr()


def test_write_and_a_late_start_response(client: Any) -> None:
    def application(environ: Environ, start_response: Start) -> Iterator[bytes]:
        yield b""
        write = start_response("200 OK", [("Content-Type", "text/plain")])
        write(b"first ")
        yield b"second"

    assert client(application).get("/python/app").text == "first second"


def test_start_response_again_needs_an_exception(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    def application(environ: Environ, start_response: Start) -> list[bytes]:
        start_response("200 OK", [])
        try:
            raise ValueError("late")
        except ValueError:
            start_response("503 Oops", [("Content-Type", "text/plain")], sys.exc_info())
        if environ["QUERY_STRING"]:
            start_response("200 OK", [])
        return [b"oops"]

    made = client(application)
    assert (made.get("/python/app").status_code, made.get("/python/app").text) == (503, "oops")
    assert made.get("/python/app?again").status_code == 500
    capsys.readouterr()


def test_an_application_that_never_starts_is_a_500(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert client(lambda environ, start: []).get("/python/app").status_code == 500
    assert "did not call start_response" in capsys.readouterr().err


def test_a_flask_application_runs_unchanged(client: Any) -> None:
    app = flask.Flask("shop")
    app.secret_key = "key"

    @app.route("/items/<int:number>", methods=["GET", "POST"])
    def item(number: int) -> Any:
        flask.session["seen"] = flask.session.get("seen", 0) + 1
        upload = flask.request.files.get("f")
        return {
            "number": number,
            "seen": flask.session["seen"],
            "form": dict(flask.request.form),
            "file": upload.read().decode() if upload else None,
            "url": flask.url_for("item", number=5),
        }

    made = client(app)
    answer = made.post("/python/app/items/3", data={"a": "1"}, files={"f": ("x", b"content")})
    assert answer.json() == {
        "number": 3,
        "seen": 1,
        "form": {"a": "1"},
        "file": "content",
        "url": "/python/app/items/5",
    }
    assert made.get("/python/app/items/3").json()["seen"] == 2
    assert made.get("/python/app/none").status_code == 404
    assert made.put("/python/app/items/3").status_code == 405


def test_a_fastapi_application_runs_unchanged(client: Any) -> None:
    seen: list[str] = []

    @asynccontextmanager
    async def lifespan(app: Any) -> Any:
        seen.append("start")
        yield {"number": 7}
        seen.append("stop")

    app = fastapi.FastAPI(lifespan=lifespan)

    @app.post("/items/{number}")
    async def item(number: int, request: fastapi.Request, file: fastapi.UploadFile, q: str = "none") -> Any:
        content = (await file.read()).decode()
        return {"number": number, "q": q, "state": request.state.number, "file": content}

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def pieces() -> Any:
            for number in range(3):
                await asyncio.sleep(0)
                yield str(number)

        return StreamingResponse(pieces(), media_type="text/plain")

    made = client(app)
    answer = made.post("/python/app/items/3?q=x", files={"file": ("f", b"abc")})
    assert answer.json() == {"number": 3, "q": "x", "state": 7, "file": "abc"}
    assert made.post("/python/app/items/x").status_code == 422
    assert made.get("/python/app/stream").text == "012"
    assert made.get("/python/app/none").status_code == 404
    assert "/items/{number}" in made.get("/python/app/openapi.json").json()["paths"]
    assert seen == ["start"]
    made.close()
    assert seen == ["start", "stop"]


async def no_lifespan(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "http"
    message = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    words = [scope["method"], scope["root_path"], scope["path"], scope["query_string"].decode()]
    await send({"type": "http.response.body", "body": " ".join(words).encode() + b"|" + message["body"]})
    assert (await receive())["type"] == "http.disconnect"


def test_an_asgi_application_sees_what_asgi_says(client: Any) -> None:
    answer = client(no_lifespan).post("/python/app/a%20b?q=1", content=b"body")
    assert answer.text == "POST /python/app /python/app/a b q=1|body"


async def _silent(scope: Any, receive: Any, send: Any) -> None: ...
async def _half(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200})


async def _twice(scope: Any, receive: Any, send: Any) -> None:
    for _ in range(2):
        await send({"type": "http.response.start", "status": 200})


@pytest.mark.parametrize("application", [_silent, _half, _twice])
def test_an_asgi_application_that_breaks_the_protocol_is_a_500(
    client: Any, application: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert client(application).get("/python/app").status_code == 500
    assert "ASGI application" in capsys.readouterr().err


async def _fails_to_start(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})


def test_an_asgi_application_that_cannot_start_stops_the_start(client: Any) -> None:
    with pytest.raises(RuntimeError, match="failed at its startup: no database"):
        client(_fails_to_start)


def test_hooks_and_routes_live_beside_a_mounted_application(client: Any) -> None:
    route("/python/app/own")(lambda request: "own")

    @after_request
    def mark(request: Request, response: Any) -> None:
        response.headers["X-Seen"] = "1"

    made = client(echo)
    assert made.get("/python/app/own").text == "own"
    assert made.get("/python/app/other").headers["x-seen"] == "1"


@pytest.mark.parametrize("path", ["/python/app/", "/python/<x>", "/legacy"])
def test_a_path_that_cannot_be_is_refused(path: str) -> None:
    with pytest.raises(RouteError):
        mount(path, echo)


def test_the_input_is_a_file_of_the_body() -> None:
    environ = environ_of(Request("POST", "/python/app", data=b"a\nb"), "/python/app")
    assert isinstance(environ["wsgi.input"], io.BytesIO)
    assert list(environ["wsgi.input"]) == [b"a\n", b"b"]
