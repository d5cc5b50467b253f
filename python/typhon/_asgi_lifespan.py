"""The lifespan of a mounted ASGI application: its worker's startup and shutdown (ASGI 3, lifespan 2.0)."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from typhon._asgi import VERSIONS, Application


class Lifespan:
    """Tells an application that its worker starts and ends; one that does not want to know is left alone."""

    def __init__(self, application: Application, state: dict[str, Any]) -> None:
        self._application = application
        self._state = state
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns when the application is ready.

        Raises:
            RuntimeError: it said that it cannot start.
        """
        self._to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._task = asyncio.create_task(self._run())
        await self._ask("startup")

    async def stop(self) -> None:
        """Returns when the application has ended.

        Raises:
            RuntimeError: it said that it failed.
        """
        if self._task is not None and not self._task.done():
            await self._ask("shutdown")
            await self._task

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": VERSIONS, "state": self._state}
        with contextlib.suppress(Exception):  # it does not know lifespan
            await self._application(scope, self._to_app.get, self._from_app.put)

    async def _ask(self, moment: str) -> None:
        assert self._task is not None
        await self._to_app.put({"type": f"lifespan.{moment}"})
        answer = asyncio.ensure_future(self._from_app.get())
        await asyncio.wait([answer, self._task], return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            answer.cancel()
            return
        message = answer.result()
        if message["type"] == f"lifespan.{moment}.failed":
            raise RuntimeError(f"the ASGI application failed at its {moment}: {message.get('message', '')}")
