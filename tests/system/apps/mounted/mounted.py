"""Applications of other frameworks, and a handler of ours beside them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import fastapi
import flask
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect

from typhon import Request, mount, route

NOTES = Path(__file__).resolve().parent.with_suffix(".notes")


def note(text: str) -> None:
    """Appends a line to the file beside the application."""
    with NOTES.open("a") as file:
        file.write(text + "\n")


legacy = flask.Flask("legacy")
legacy.secret_key = "of the tests"


@legacy.route("/visits", methods=["GET", "POST"])
def visits() -> Any:
    """A session of Flask's own."""
    flask.session["visits"] = flask.session.get("visits", 0) + 1
    return {"visits": flask.session["visits"], "form": dict(flask.request.form), "url": flask.request.url}


@legacy.route("/files", methods=["POST"])
def files() -> Any:
    """An upload."""
    return {"size": len(flask.request.files["f"].read())}


@legacy.route("/upload", methods=["POST"])
def upload() -> Any:
    """Reads a body as it arrives."""
    note("legacy begun")
    try:
        size = 0
        while piece := flask.request.stream.read(100_000):
            size += len(piece)
    except OSError:
        note("legacy left")
        return {}  # nobody reads it; what is raised Flask writes to the log
    return {"size": size}


@asynccontextmanager
async def lifespan(app: fastapi.FastAPI) -> AsyncIterator[dict[str, int]]:
    """A state for each worker."""
    yield {"number": 7}


api = fastapi.FastAPI(lifespan=lifespan)


@api.get("/items/{number}")
async def item(number: int, request: fastapi.Request, q: str = "none") -> Any:
    """Parameters, state and client."""
    return {
        "number": number,
        "q": q,
        "state": request.state.number,
        "client": request.client.host if request.client else None,
    }


@api.post("/body")
def body(data: dict[str, int]) -> Any:
    """A plain function, which runs on a thread of FastAPI's."""
    return data


@api.post("/upload")
async def async_upload(request: fastapi.Request) -> Any:
    """Reads a body as it arrives."""
    note("api begun")
    try:
        size = 0
        async for piece in request.stream():
            size += len(piece)
    except (ClientDisconnect, asyncio.CancelledError):
        note("api left")
        raise
    return {"size": size}


@legacy.route("/endless")
def endless() -> Any:
    """Pieces without an end."""

    def pieces() -> Iterator[bytes]:
        try:
            while True:
                yield b"p" * 10_000
        finally:
            note("legacy closed")

    return flask.Response(pieces(), mimetype="application/x-pieces")


@api.get("/endless")
async def async_endless() -> Any:
    """The same of Starlette's."""

    async def pieces() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"p" * 10_000
        finally:
            note("api closed")

    return StreamingResponse(pieces(), media_type="application/x-pieces")


@api.get("/later")
async def later(tasks: fastapi.BackgroundTasks) -> Any:
    """Goes on after its answer."""
    tasks.add_task(note, "later")
    return {"later": True}


mount("/python/legacy", legacy, max_body=1 << 30)
mount("/python/api", api, max_body=1 << 30)


@route("/python/legacy/own")
def own(request: Request) -> str:
    """Wins over what is mounted."""
    return "own"
