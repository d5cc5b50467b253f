"""One task of the process pool: how it travels to a child, and how its outcome comes back.

Both sides use it. Whatever cannot be pickled, on either side, becomes the exception of its own task and of no
other: nothing here raises while the pool's own messages are read or written.
"""

from __future__ import annotations

import pickle
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from multiprocessing.reduction import ForkingPickler
from typing import Any

from typhon import _log
from typhon.errors import PoolTaskError

Call = Callable[..., Any]


class Task:
    """A call that waits for a child or runs in one. Its fields belong to the `TaskQueue` that has it.

    Attributes:
        future: what the caller waits for.
        call: the pickled call.
        name: of the function, for messages.
        end: when it must be done, by `time.monotonic`.
        tries: how many children were given it; a second one is when the first died before the task began.
        late: whether its time was over before it was done.
    """

    __slots__ = ("call", "end", "future", "late", "name", "tries")

    def __init__(self, call: bytes, name: str, end: float) -> None:
        self.future: Future[Any] = Future()
        self.call = call
        self.name = name
        self.end = end
        self.tries = 0
        self.late = False

    def settle(self, outcome: bytes) -> None:
        """Ends the future with what `run` returned in the child. Never raises."""
        try:
            result = unpack(outcome, self.name)
        except BaseException as error:
            self.fail(error)
            return
        try:
            self.future.set_result(result)
        except BaseException as error:  # a callback of the application's own called sys.exit()
            _log.write_exception(f"a callback of the pool task {self.name} failed", error)

    def fail(self, error: BaseException) -> None:
        """Ends the future with an exception. Never raises."""
        try:
            self.future.set_exception(error)
        except BaseException as failure:  # as above
            _log.write_exception(f"a callback of the pool task {self.name} failed", failure)


class TaskTraceback(Exception):  # noqa: N818 (the cause of an error)
    """The traceback of a pool process as text: the cause of the exception that came from there."""

    def __str__(self) -> str:
        return f'\n"""\n{self.args[0]}\n"""'


def run_chunk(function: Call, chunk: list[tuple[Any, ...]]) -> list[Any]:
    """Runs one function for several argument lists, in order."""
    return [function(*args) for args in chunk]


def name_of(function: Call, args: tuple[Any, ...]) -> str:
    """The name of a task's function, "module.function"; of a chunk, the function that it repeats."""
    named = args[0] if function is run_chunk and args else function
    qualname = getattr(named, "__qualname__", None)
    if not qualname:
        return type(named).__qualname__
    module = getattr(named, "__module__", None)  # a method of a built-in type has none
    return f"{module}.{qualname}" if module else qualname


def pack_call(function: Call, args: tuple[Any, ...], kwargs: dict[str, Any], request: str = "") -> bytes:
    """A call as bytes, with the request that it is for (`_log.describe`).

    Raises:
        PicklingError: the function or an argument cannot be pickled; the sentence says which task.
    """
    try:
        return bytes(ForkingPickler.dumps((request, function, args, kwargs)))
    except Exception as error:
        name = name_of(function, args)
        raise pickle.PicklingError(
            f"the pool task {name} or one of its arguments cannot be pickled: {_short(error)}"
        ) from error


def run(call: bytes) -> bytes:
    """Runs a packed call in a child and packs its outcome. Never raises."""
    try:
        request, function, args, kwargs = _unpack_call(call)
        _log.served_request.set(request)
        result = function(*args, **kwargs)
    except BaseException as error:  # sys.exit() ends the task, not the process
        return _pack_error(error)
    finally:
        _end_task()
    try:
        return bytes(ForkingPickler.dumps((True, result)))
    except BaseException as error:
        kind = type(result).__qualname__
        sentence = f"the result of the pool task {name_of(function, args)}, a {kind}, cannot be pickled"
        return _pack_error(pickle.PicklingError(f"{sentence}: {_short(error)}"))


def _end_task() -> None:
    """What the task has begun to print is of its request; then there is none."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # a stream of the application's own, which it has closed
            stream.flush()
    _log.served_request.set("")


def unpack(outcome: bytes, name: str) -> Any:
    """The result of the task ``name``.

    Raises:
        PoolTaskError: it cannot be unpickled here, or the task's exception cannot.
        BaseException: the task's own, with the child's traceback as its cause.
    """
    try:
        good, value = ForkingPickler.loads(outcome)
    except Exception as error:
        raise PoolTaskError(
            f"the result of the pool task {name} cannot be unpickled: {_short(error)}"
        ) from error
    if good:
        return value
    packed, short, text = value
    raise _unpack_error(packed, short, text, name)


def _unpack_call(call: bytes) -> tuple[str, Call, tuple[Any, ...], dict[str, Any]]:
    try:
        unpacked: tuple[str, Call, tuple[Any, ...], dict[str, Any]] = ForkingPickler.loads(call)
    except Exception as error:
        raise PoolTaskError(f"the pool process cannot unpickle its task: {_short(error)}") from error
    return unpacked


def _pack_error(error: BaseException) -> bytes:
    text = "".join(traceback.format_exception(error)).rstrip()
    try:
        packed = bytes(ForkingPickler.dumps(error))
    except BaseException:
        packed = b""
    return pickle.dumps((False, (packed, _short(error), text)))


def _unpack_error(packed: bytes, short: str, text: str, name: str) -> BaseException:
    error: BaseException = PoolTaskError(
        f"the pool task {name} raised an exception that cannot be pickled: {short}"
    )
    try:
        unpacked = ForkingPickler.loads(packed)
    except Exception:
        unpacked = None
    if isinstance(unpacked, BaseException):
        error = unpacked
    error.__cause__ = TaskTraceback(text)
    return error


def _short(error: BaseException) -> str:
    try:
        return f"{type(error).__qualname__}: {error}"
    except Exception:  # of an application's own __str__
        return type(error).__qualname__
