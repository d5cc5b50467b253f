"""Runs handlers in this process as a worker does, without gateway and C++, for `typhon.testing`."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Coroutine, Iterable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any
from urllib.parse import unquote

from typhon import _json, _lifetime
from typhon._current import serving
from typhon._failures import answer_to
from typhon._matcher import Match, Matcher
from typhon._pieces import AsyncPieces, async_whole, whole
from typhon._plain_request import Request
from typhon._test_socket import Opening
from typhon.results import JSON_TYPE, Answer, answer_of, begun
from typhon.routing import WEBSOCKET, RouteSpec

SWITCHES = 101  # the status of an accepted WebSocket

_ids = itertools.count(1)


class ThreadPool(ThreadPoolExecutor):
    """In the place of the process pool: tasks run on threads of this process."""

    def with_timeout(self, seconds: float) -> ThreadPool:  # noqa: ARG002
        """As the pool of a worker has it; threads cannot be ended."""
        return self


class LoopThread:
    """An event loop on a thread of its own, made when it is first needed."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def submit(self, coroutine: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Runs a coroutine there; a future of its result."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
                self._thread.start()
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def close(self) -> None:
        """Ends the thread."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None:
            asyncio.run_coroutine_threadsafe(loop.shutdown_default_executor(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            self._thread.join()
            loop.close()


class Dispatcher:
    """The routes of an application, ready to be called. Any thread; close it at the end.

    Args:
        routes: as `load_app` gives them.
        pool: what handlers with ``use_process_pool=True`` get; threads when left out.
        debug: whether a 500 shows its traceback.
    """

    def __init__(
        self, routes: Iterable[RouteSpec], pool: Executor | None = None, debug: bool = False
    ) -> None:
        self._matcher = Matcher(routes)
        self._pool = pool or ThreadPool(4)
        self._debug = debug
        self._loop = LoopThread()

    def start(self) -> None:
        """Runs the startup hooks."""
        _lifetime.run_startup(self._loop)

    def close(self) -> None:
        """Runs the shutdown hooks, when `start` was called, and ends threads."""
        _lifetime.run_shutdown(self._loop)
        self._loop.close()
        self._pool.shutdown()

    def answer(
        self,
        method: str,
        raw_path: str,
        query: bytes = b"",
        headers: Iterable[tuple[str, str]] = (),
        data: bytes = b"",
    ) -> Answer:
        """What the server would answer. Blocks until the handler is done."""
        found = self._matcher.match(method, raw_path)
        fields = _fields(found, query, headers)
        request = Request(method, unquote(raw_path), data=data, **fields)
        return copy_context().run(self._answer, found, request)

    def open(
        self, raw_path: str, query: bytes = b"", headers: Iterable[tuple[str, str]] = ()
    ) -> tuple[Opening, Answer]:
        """A handshake, and its answer: 101 with the records to the client as its body, else a refusal."""
        found = self._matcher.match(WEBSOCKET, raw_path)
        if found.route is None:
            found = self._matcher.match("GET", raw_path)
        opening = Opening("GET", unquote(raw_path), **_fields(found, query, headers))
        return opening, copy_context().run(self._answer, found, opening)

    def submit(self, coroutine: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Runs a coroutine where the coroutines of the application run."""
        return self._loop.submit(coroutine)

    def _answer(self, found: Match, request: Request) -> Answer:
        if found.route is None:
            return _unrouted(request, found.allow)
        try:
            return self._read(answer_of(self._result(found.route, request)))
        except BaseException as error:
            return answer_to(error, request, self._debug)

    def _read(self, answer: Answer) -> Answer:
        """The answer with its whole body; that of a WebSocket goes on."""
        if answer.status == SWITCHES:
            return answer
        if isinstance(answer.body, AsyncPieces):
            return answer._replace(body=self._loop.submit(async_whole(answer.body)).result())
        return answer._replace(body=whole(answer.body))

    def _result(self, route: RouteSpec, request: Request) -> Any:
        with serving(request):
            arguments = (request, self._pool) if route.wants_pool else (request,)
            result: Any = route.call(*arguments)
            if route.mode == "async":
                result = self._loop.submit(_awaited(result)).result()
            return result.result() if isinstance(result, Future) else result


async def _awaited(running: Any) -> Any:
    return await begun(await running)


def _fields(found: Match, query: bytes, headers: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """What a request is told besides its method, path and body."""
    return {
        "query": query,
        "headers": headers,
        "path_params": found.params,
        "route": found.route.pattern if found.route else "",
        "client": "127.0.0.1:50000",
        "id": f"{next(_ids):016x}",
    }


def _upgrade_required(request: Request) -> Answer:
    text = "a WebSocket is here: upgrade the connection"
    body = _json.encode({"error": text, "request_id": request.id})
    return Answer(426, JSON_TYPE, [(b"Upgrade", b"websocket"), (b"Sec-WebSocket-Version", b"13")], body)


def _unrouted(request: Request, allow: set[str]) -> Answer:
    allowed = [
        (b"Allow", ", ".join(sorted({"GET" if name == WEBSOCKET else name for name in allow})).encode())
    ]
    if allow and request.method == "OPTIONS":
        return Answer(204, None, allowed, b"")
    if WEBSOCKET in allow and request.method in ("GET", "HEAD"):
        return _upgrade_required(request)
    status, text = (405, "method not allowed") if allow else (404, "not found")
    body = _json.encode({"error": text, "request_id": request.id})
    return Answer(status, JSON_TYPE, allowed if allow else [], body)
