"""The current request without any hook."""

import asyncio
from typing import Any

from typhon import Request, current_request, route


@route("/python/current/plain")
def plain(request: Request) -> Any:
    """On the thread of a handler."""
    return {"same": current_request() is request}


@route("/python/current/later")
async def later(request: Request) -> Any:
    """In a coroutine, after it has waited, and in a thread of its own."""
    await asyncio.sleep(0.01)
    below = await asyncio.to_thread(current_request)
    return {"same": current_request() is request and below is request}
