"""The event loop of a worker, on a thread of its own: runs the coroutines of async handlers.

Requests come from C++ through `_typhon.AsyncBridge`: its descriptor is readable while something waits, so
that the loop never polls. Replies of one turn of the loop leave together.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, Protocol

from typhon import _background, _body, _log
from typhon._current import enter
from typhon.results import begun

CAPACITY = 1000  # async handlers that run at once; what else arrives waits in the bridge

_Started = tuple[int, Any, Coroutine[Any, Any, Any]]


class Stream(Protocol):
    """An answer that comes in pieces (pyworker/stream_sender.hpp)."""

    @property
    def body(self) -> Any:
        """An iterator, or async iterator, of the pieces to send."""

    def send(self, piece: bytes) -> bool:
        """False when the client has to read first, or wants no more: its task is then cancelled."""


class Bridge(Protocol):
    """The native side (pyworker/async_bridge.hpp)."""

    def fd(self) -> int:
        """A descriptor that is readable while there are requests to take, or to cancel."""

    def take(self, limit: int) -> list[_Started]:
        """At most ``limit`` requests as (id, request, coroutine)."""

    def cancelled(self) -> list[int]:
        """Ids of running requests whose clients have gone; resets the descriptor."""

    def granted(self) -> list[int]:
        """Ids of running requests whose streams may send more."""

    def fed(self) -> list[int]:
        """Ids of running requests for whose bodies something has come."""

    def complete(self, request: Any, result: Any) -> Stream | None:
        """The reply of a request, from what its handler returned; a stream ends by `end`."""

    def end(self, request: Any, whole: bool) -> None:
        """Nothing follows in a stream."""

    def log(self, request: Any, exc: BaseException) -> None:
        """What a handler raised in the middle of a stream."""

    def fail(self, request: Any, exc: BaseException) -> None:
        """The reply of a request, from what its handler raised."""

    def flush(self) -> None:
        """Sends the replies made since the last flush."""


class AsyncRunner:
    """The loop with its thread and tasks. Other threads may call `start`, `submit` and `stop` only."""

    def __init__(self, bridge: Bridge, capacity: int = CAPACITY) -> None:
        self._bridge = bridge
        self._capacity = capacity
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._given_up: set[int] = set()
        self._waiting: dict[int, asyncio.Future[None]] = {}  # streams without credit
        self._full = False
        self._stopping = False
        self._flush_scheduled = False
        self._loop = _loop_factory()()
        self._thread = threading.Thread(target=self._run, name="typhon-async", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def submit(self, coroutine: Coroutine[Any, Any, Any]) -> concurrent.futures.Future[Any]:
        """Runs a coroutine of the framework's own on the loop; a future of its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def stop(self, timeout: float) -> bool:
        """Cancels what runs and ends the loop. Blocks; false when that took more than ``timeout`` seconds."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._begin_stop)
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        _body.use_loop(self._loop)
        self._loop.add_reader(self._bridge.fd(), self._drain)
        while not self._stopping:
            try:
                self._loop.run_forever()
            except BaseException as error:  # a task of a handler's own called sys.exit()
                _log.write_exception("in the event loop", error)
        self._loop.remove_reader(self._bridge.fd())
        self._end_tasks()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def _end_tasks(self) -> None:
        """Has what is left of requests run its `finally`."""
        try:
            self._loop.run_until_complete(_background.cancel(asyncio.all_tasks(self._loop)))
        except BaseException as error:
            _log.write_exception("in the event loop", error)

    def _drain(self) -> None:
        """Cancels, lets go on and starts what the gateway asked for, as far as there is room."""
        for key in self._bridge.cancelled():
            self._cancel(key)
        for key in self._bridge.granted():
            waiting = self._waiting.pop(key, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(None)
        for key in self._bridge.fed():
            _body.arrived(key)
        self._take()

    def _take(self) -> None:
        room = self._capacity - len(self._tasks)
        started = self._bridge.take(room) if room > 0 else []
        self._full = len(started) == max(room, 0)
        for key, request, coroutine in started:
            self._tasks[key] = self._loop.create_task(self._serve(key, request, coroutine))

    def _cancel(self, key: int) -> None:
        task = self._tasks.get(key)
        if task is not None:
            self._given_up.add(key)
            task.cancel()

    async def _serve(self, key: int, request: Any, running: Coroutine[Any, Any, Any]) -> None:
        enter(request)  # for this task, and those that it makes
        stream = None
        try:
            result = await begun(await running)
        except BaseException as exc:
            self._bridge.fail(request, self._as_seen_by_client(key, exc))
        else:
            stream = self._bridge.complete(request, result)
        if stream is not None:
            await self._send_stream(key, request, stream)
        self._ended(key)

    async def _send_stream(self, key: int, request: Any, stream: Stream) -> None:
        """Sends the pieces as fast as the client reads, and closes the iterator whatever happens."""
        body = stream.body
        whole = False
        try:
            async for piece in body if isinstance(body, AsyncIterator) else _in_turns(body):
                while not stream.send(piece):
                    if key in self._given_up:  # the generator has caught its cancellation, and goes on
                        raise asyncio.CancelledError
                    await self._credit(key)
                self._schedule_flush()
            whole = True
        except BaseException as exc:
            self._log(key, request, exc)
        finally:
            self._waiting.pop(key, None)
            await self._close(key, request, body)
            self._bridge.end(request, whole)

    async def _close(self, key: int, request: Any, body: Any) -> None:
        try:
            if isinstance(body, AsyncIterator):
                await body.aclose()  # type: ignore[attr-defined]  # AsyncPieces
            else:
                body.close()
        except BaseException as exc:
            self._log(key, request, exc)

    def _log(self, key: int, request: Any, exc: BaseException) -> None:
        """What a stream raises after its head, unless it is a cancellation that we asked for."""
        if not isinstance(self._as_seen_by_client(key, exc), concurrent.futures.CancelledError):
            self._bridge.log(request, exc)

    async def _credit(self, key: int) -> None:
        """Returns when the client has read on."""
        self._schedule_flush()
        self._waiting[key] = self._loop.create_future()
        await self._waiting[key]

    def _as_seen_by_client(self, key: int, exc: BaseException) -> BaseException:
        """A cancellation that we asked for is no fault of the handler."""
        if key in self._given_up and isinstance(exc, asyncio.CancelledError):
            return concurrent.futures.CancelledError()
        return exc

    def _ended(self, key: int) -> None:
        self._tasks.pop(key, None)
        _body.arrived(key)  # whoever still waits for it finds that it has been answered
        self._given_up.discard(key)
        self._schedule_flush()

    def _schedule_flush(self) -> None:
        if not self._flush_scheduled:
            self._flush_scheduled = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_scheduled = False
        self._bridge.flush()
        if self._full:
            self._take()

    def _begin_stop(self) -> None:
        for key in list(self._tasks):
            self._cancel(key)
        if self._tasks:
            self._loop.call_later(0.01, self._begin_stop)
        else:
            self._stopping = True
            self._loop.call_soon(self._loop.stop)


async def _in_turns(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """A plain iterator on the event loop: other tasks get their turn after each piece."""
    for piece in pieces:
        yield piece
        await asyncio.sleep(0)


def start(bridge: Bridge) -> AsyncRunner:
    """Starts the loop of this worker."""
    runner = AsyncRunner(bridge)
    runner.start()
    return runner


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """Uvloop's when it is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    except Exception as error:  # a build for another platform must not stop the worker
        _log.write(f"uvloop cannot be used: {error}")
        return asyncio.new_event_loop
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
