"""What the hooks and handlers of one worker share: a database connection, a model, a cache."""

from __future__ import annotations

from typing import Any


class State:
    """A namespace: ``state.db = connect()`` in a startup hook, ``state.db`` in a handler.

    Each worker process has its own, and its threads share it.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"state.{name} is not set: a function with @on_startup is the place to set it")


state = State()
