"""What a mounted ASGI application sends: from several tasks, to HEAD, and when its client has left."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import fastapi
import pytest
from starlette.responses import RedirectResponse
from starlette.staticfiles import StaticFiles

from typhon import Request, mount
from typhon._asgi import ClientLeftError, asgi_handler
from typhon.responses import Response
from typhon.testing import TestClient

START = {"type": "http.response.start", "status": 200}


def piece(body: bytes, more: bool = True) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def answered(application: Any, method: str = "GET", path: str = "/python/app") -> Response:
    response: Response = await asgi_handler(application, "/python/app", {})(Request(method, path))
    return response


def test_pieces_of_several_tasks_all_arrive() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        await asyncio.gather(*[send(piece(letter)) for letter in (b"a", b"b", b"c", b"d")])
        await send(piece(b"", False))

    async def run() -> bytes:
        answer = await answered(app)
        return b"".join([piece async for piece in answer.body])

    assert asyncio.run(asyncio.wait_for(run(), 20)) == b"abcd"


def test_all_tasks_that_send_hear_of_a_client_that_leaves() -> None:
    seen: list[Any] = []
    heard = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        sending = [send(piece(letter)) for letter in (b"a", b"b", b"c", b"d")]
        seen.extend(await asyncio.gather(*sending, return_exceptions=True))
        heard.set()

    async def run() -> None:
        answer = await answered(app)
        assert await anext(answer.body) == b"a"
        await answer.body.aclose()
        await heard.wait()

    asyncio.run(asyncio.wait_for(run(), 20))
    assert [type(one) for one in seen] == [type(None), *[ClientLeftError] * 3]


async def _empty(scope: Any, receive: Any, send: Any) -> None:
    await send(START | {"headers": [(b"Content-Length", b"0")]})
    await send(piece(b"", False))


async def _silent_of_its_length(scope: Any, receive: Any, send: Any) -> None:
    await send(START)
    await send(piece(b"" if scope["method"] == "HEAD" else b"page", False))


@pytest.mark.parametrize(
    ("application", "has_length"),
    [("files", False), (_silent_of_its_length, False), (_empty, True), (RedirectResponse("/x"), True)],
    ids=["files", "silent", "empty", "redirect"],
)
def test_head_says_no_length_that_get_does_not(tmp_path: Path, application: Any, has_length: bool) -> None:
    """A body in pieces has no length; one that is whole has its own, which is 0 here."""
    (tmp_path / "file").write_bytes(bytes(5000))
    app = StaticFiles(directory=tmp_path) if application == "files" else application
    answer = asyncio.run(answered(app, "HEAD", "/python/app/file"))
    assert isinstance(answer.body, AsyncIterator) is not has_length
    assert answer.body is None or not has_length


def test_a_framework_hears_of_a_websocket_whose_client_has_left(capsys: pytest.CaptureFixture[str]) -> None:
    """Frameworks know an OSError of send() for that (ASGI 2.4)."""
    app = fastapi.FastAPI()
    seen: list[int] = []

    @app.websocket("/{how}")
    async def feed(ws: fastapi.WebSocket, how: str) -> None:
        await ws.accept()
        try:
            while True:
                await ws.send_text("x")
        except fastapi.WebSocketDisconnect as left:
            seen.append(left.code)
            if how == "raise":
                raise

    mount("/python/app", app)
    with TestClient() as client:
        for how in ("return", "raise"):
            client.websocket_connect(f"/python/app/{how}").close()
    assert seen == [1006, 1006]
    assert capsys.readouterr().err == ""


def bodiless_asgi(status: int) -> Any:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body"})

    return application


def bodiless_wsgi(status: int) -> Any:
    def application(environ: Any, start_response: Any) -> list[bytes]:
        start_response(f"{status} Nothing", [])
        return [b""]

    return application


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize("made", [bodiless_asgi, bodiless_wsgi])
def test_an_answer_that_has_no_content_has_no_type(made: Any, status: int) -> None:
    mount("/python/app", made(status))
    with TestClient() as client:
        for method in ("GET", "HEAD"):
            answer = client.request(method, "/python/app/x")
            assert answer.status_code == status
            assert "content-type" not in answer.headers


def test_an_application_that_fails_as_its_request_is_cancelled_is_asked_why(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Asyncio would complain of it when it collects the garbage."""

    async def serve() -> None:
        complaints: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        fail = asyncio.Event()

        async def application(scope: Any, receive: Any, send: Any) -> None:
            await fail.wait()
            raise ValueError("too late")

        request = asyncio.ensure_future(answered(application))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(fail.set)
        asyncio.get_running_loop().call_soon(lambda: asyncio.get_running_loop().call_soon(request.cancel))
        with pytest.raises(asyncio.CancelledError):
            await request
        gc.collect()
        assert complaints == []

    asyncio.run(serve())
    assert "too late" in capsys.readouterr().err
