"""Declared parameters, in each kind of handler."""

from concurrent.futures import Executor, Future
from typing import Annotated, Any

import msgspec
import pydantic

from typhon import Depends, Header, Request, abort, route


class Part(msgspec.Struct):
    """A model of msgspec."""

    name: str
    price: float


class User(pydantic.BaseModel):
    """A model of pydantic."""

    model_config = pydantic.ConfigDict(strict=True)
    name: str
    age: int


@route("/python/typed/<int:shop>", methods=["POST"])
def create(request: Request, shop: int, part: Part, notify: bool = False) -> Any:
    """Path, body and query."""
    return {"shop": shop, "part": part.name, "notify": notify}, 201


@route("/python/typed/later", methods=["POST"])
async def later(request: Request, user: User) -> Any:
    """A coroutine."""
    return {"name": user.name, "age": user.age}


@route("/python/typed/pool", use_process_pool=True)
def pooled(request: Request, pool: Executor, number: int) -> "Future[int]":
    """A pool handler."""
    return pool.submit(abs, number)


def caller(request: Request, x_token: Annotated[str, Header()] = "") -> str:
    """A dependency."""
    return x_token or abort(401)


@route("/python/typed/me")
def me(request: Request, token: Annotated[str, Depends(caller)]) -> Any:
    """Its user."""
    return {"token": token, "type": request.content_type}
