"""A mounted application whose client leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from typhon import ClientDisconnected, Request
from typhon._asgi import asgi_handler


class _Leaving(Request):
    """A request whose client leaves in the middle of its body."""

    _inbound = object()  # type: ignore[assignment]  # it comes in pieces

    def stream(self) -> Any:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"a part"
            raise ClientDisconnected

        return pieces()


def test_an_application_that_fails_because_its_client_has_left_is_no_fault() -> None:
    """Frameworks answer a failure with a 500 of their own, which nobody takes any more."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        await send({"type": "http.response.start", "status": 500})
        await send({"type": "http.response.body"})

    call = asgi_handler(app, "/python/api", {})
    with pytest.raises(ClientDisconnected):
        asyncio.run(call(_Leaving("POST", "/python/api/upload")))
