"""The exceptions of the framework: what a handler raises for its client, and what stops a worker's start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from http import HTTPStatus
from typing import Any, NoReturn


class HTTPError(Exception):
    """An answer other than 200, raised anywhere below a handler, in a pool process too.

    The client reads ``{"error": message, "request_id": ...}`` with ``status``.

    Args:
        status: 400 to 599.
        message: one sentence for the client; the status's own phrase when left out.
        headers: header fields of the answer, such as ``{"Retry-After": "5"}``.
        details: a list for the member ``details`` of the answer; without one there is no such member.

    Raises:
        ValueError: ``status`` is not an error status.
    """

    def __init__(
        self,
        status: int,
        message: str | None = None,
        headers: Mapping[str, str] | None = None,
        details: Sequence[Any] = (),
    ) -> None:
        if isinstance(status, bool) or not isinstance(status, int) or not 400 <= status <= 599:
            raise ValueError(f"HTTPError needs a status from 400 to 599, not {status!r}")
        self.status = int(status)
        self.message = phrase_of(self.status) if message is None else str(message)
        self.headers = dict(headers or {})
        self.details = list(details)
        super().__init__(self.status, self.message, self.headers, self.details)  # it is pickled by them

    def __str__(self) -> str:
        return f"{self.status} {self.message}"


class ValidationError(HTTPError):
    """A request that does not fit what its handler declares: 422.

    Args:
        details: one ``{"place": "body.items[0].price", "reason": "..."}`` for each fault.
    """

    def __init__(self, details: Sequence[Mapping[str, str]]) -> None:
        super().__init__(422, "the request is not valid", None, details)

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.details,))


def abort(status: int, message: str | None = None, headers: Mapping[str, str] | None = None) -> NoReturn:
    """Ends the handler with an error answer. See `HTTPError` for the arguments.

    Raises:
        HTTPError: always.
    """
    raise HTTPError(status, message, headers)


class ClientDisconnected(OSError):  # noqa: N818
    """The client left before its request was whole; raised where a handler reads on.

    Nobody waits for an answer any more: let it pass, after what has to be undone.
    """


class WebSocketDisconnect(Exception):  # noqa: N818
    """A WebSocket is closed: its client has left, or one of the two sides has closed it.

    A handler may let it pass.

    Attributes:
        code: why, by RFC 6455 section 7.4: 1000 or 1001 when the client closed it, 1005 when it gave no code,
            1006 when the connection broke, 1012 when the server reloads, 1001 when it stops.
        reason: what was said besides.
    """

    def __init__(self, code: int = 1005, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class RouteError(Exception):
    """A ``@route`` that cannot work: a bad path, method, option or signature, or a second handler for it."""


class AppError(Exception):
    """An application directory that cannot be loaded, in one sentence."""


class ResultError(TypeError):
    """A handler's result that cannot become an answer, in one sentence."""


class PoolProcessDied(BrokenProcessPool):
    """The pool process that ran a task died (killed, out of memory, crashed); the task is not run again.

    A handler that does not catch it answers 502. The process is replaced, and no other task is harmed.
    """


class PoolTimeoutError(TimeoutError):
    """A pool task was not done when the time of its request was over; its process was killed and is replaced.

    A handler that does not catch it answers 504. A task that still waited for a process never ran.
    """


class PoolTaskError(Exception):
    """What a pool task needs, returned or raised cannot travel between processes; the sentence says why."""


class PoolStartError(AppError):
    """The pool's processes cannot be started; the sentence, or the traceback of ``init_worker``, says why.

    A handler that does not catch it answers 503.
    """


def phrase_of(status: int) -> str:
    """The phrase of a status in lower case: "not found"; "error" for one that has none."""
    try:
        return HTTPStatus(status).phrase.lower()
    except ValueError:
        return "error"
