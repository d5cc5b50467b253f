"""An exception of a handler as an answer and a log entry, and an exception of a start as text.

The only place where a Python exception becomes an answer.
"""

from __future__ import annotations

import concurrent.futures
import html
import importlib
import traceback
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Any, NamedTuple, Protocol

from typhon import _json, _log
from typhon.errors import (
    AppError,
    ClientDisconnected,
    HTTPError,
    PoolStartError,
    PoolTimeoutError,
    ResultError,
    RouteError,
)
from typhon.results import JSON_TYPE, Answer, checked_headers

INTERNAL = "internal error"
POOL_DIED = "a pool process died while it ran this request"
POOL_TOO_LONG = "the request took too long"
POOL_NOT_UP = "the process pool cannot be started"
CLIENT_LEFT = "the client left before its request was whole"
STOPPING = "the request was given up because its worker is stopping"

PAGE_TYPE = "text/html; charset=utf-8"
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>500: {title}</title>
<style>body {{ font-family: sans-serif; margin: 2em }} pre {{ overflow: auto; line-height: 1.4 }}</style>
<h1>{title}</h1>
<p>{place}</p>
<pre>{detail}</pre>
</html>
"""

_AGAIN = [(b"Retry-After", b"1")]
_HIDDEN_FRAMES = ("<frozen importlib", "<frozen runpy", importlib.__file__)


class _Known(NamedTuple):
    """An exception that says more to a client than that something is broken.

    Attributes:
        kind: its type.
        status: of the answer.
        message: the sentence for the client.
        passes: whether the client is told to try again in a second.
        told: whether the log has a line of it.
    """

    kind: type[BaseException]
    status: int
    message: str
    passes: bool
    told: bool


_KNOWN = (
    _Known(concurrent.futures.CancelledError, 503, STOPPING, passes=True, told=False),
    _Known(ClientDisconnected, 400, CLIENT_LEFT, passes=False, told=False),
    _Known(BrokenProcessPool, 502, POOL_DIED, passes=False, told=True),
    _Known(PoolTimeoutError, 504, POOL_TOO_LONG, passes=False, told=True),
    _Known(PoolStartError, 503, POOL_NOT_UP, passes=True, told=True),
)


class RequestLike(Protocol):
    """What a log entry says of a request."""

    @property
    def id(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def route(self) -> str: ...


def answer_to(exc: BaseException, request: RequestLike, debug: bool = False) -> Answer:
    """The answer to a request whose handler raised ``exc``; what is no HTTPError is logged, once.

    Args:
        exc: anything, SystemExit and KeyboardInterrupt too.
        request: the request that it ends.
        debug: whether the client may read the traceback.
    """
    if isinstance(exc, HTTPError):
        return http_error_answer(exc, request)
    known = _known(exc)
    if known is not None:
        if known.told:
            _tell(request, f"{type(exc).__name__}: {exc}")
        return error_answer(known.status, known.message, request, _AGAIN if known.passes else None)
    detail = _detail(exc)
    _tell(request, detail)
    if debug and _wants_page(request):
        return Answer(500, PAGE_TYPE, [], _page(request, detail))
    return error_answer(500, INTERNAL, request, extra={"traceback": detail} if debug else None)


def status_of(exc: BaseException) -> int:
    """The status of the answer that `answer_to` gives."""
    if isinstance(exc, HTTPError):
        return exc.status
    known = _known(exc)
    return 500 if known is None else known.status


def _known(exc: BaseException) -> _Known | None:
    return next((known for known in _KNOWN if isinstance(exc, known.kind)), None)


def _wants_page(request: Any) -> bool:
    """Whether a browser asks."""
    return "text/html" in request.headers.get("accept", "")


def _page(request: RequestLike, detail: str) -> bytes:
    title = html.escape(detail.rpartition("\n")[2])
    place = html.escape(f"{request.method} {request.route}, request {request.id}")
    text = _PAGE.format(title=title, place=place, detail=html.escape(detail))
    return text.encode("utf-8", "backslashreplace")


def error_answer(
    status: int,
    message: str,
    request: RequestLike,
    headers: list[tuple[bytes, bytes]] | None = None,
    extra: dict[str, Any] | None = None,
) -> Answer:
    """An answer in the one form of all errors: ``{"error": message, "request_id": id}``."""
    body = {"error": message, "request_id": request.id} | (extra or {})
    return Answer(status, JSON_TYPE, list(headers or []), _json.encode(body))


def start_error_text(exc: BaseException) -> str:
    """Why a start failed: a sentence for our own errors, else the traceback without the import's frames."""
    hidden = _hide_frames(exc.__traceback__)
    if isinstance(exc, AppError | RouteError | PoolStartError) and exc.__cause__ is None:
        return _located(str(exc), hidden if isinstance(exc, RouteError) else [])
    shown = traceback.TracebackException.from_exception(exc)
    shown.stack = traceback.StackSummary.from_list(hidden)
    return "".join(shown.format()).rstrip()


def http_error_answer(exc: HTTPError, request: RequestLike) -> Answer:
    """The answer that an HTTPError is, in the form of all errors."""
    try:
        headers = checked_headers(exc.headers)[1]
    except ResultError as error:
        _tell(request, f"HTTPError {exc.status}: {error}")
        headers = []
    extra = {"details": exc.details} if exc.details else None
    return error_answer(exc.status, exc.message, request, headers, extra)


def _detail(exc: BaseException) -> str:
    if isinstance(exc, ResultError):
        return str(exc)
    return "".join(traceback.format_exception(exc)).rstrip()


def _tell(request: RequestLike, detail: str) -> None:
    _log.write(f"[error] request {request.id} {request.method} {request.route}: {detail}")


def _hide_frames(trace: TracebackType | None) -> list[traceback.FrameSummary]:
    frames = traceback.extract_tb(trace)
    own = __file__.rsplit("/", 1)[0] + "/"
    return [frame for frame in frames if not frame.filename.startswith((*_HIDDEN_FRAMES, own))]


def _located(sentence: str, frames: list[traceback.FrameSummary]) -> str:
    if not frames or f"{frames[-1].filename}:" in sentence:
        return sentence
    return f"{sentence} ({frames[-1].filename}:{frames[-1].lineno})"
