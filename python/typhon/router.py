"""Routes that share a prefix, and what surrounds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from typhon._group import Group, checked_hook, checked_key, checked_middleware
from typhon.errors import RouteError
from typhon.routing import body_settings, declare, declare_websocket

HandlerT = TypeVar("HandlerT", bound=Callable[..., Any])
HookT = TypeVar("HookT", bound=Callable[..., Any])


class Router:
    """A group of routes.

    Its hooks surround its own routes only; those of the application are outside them.

    Args:
        prefix: the beginning of each path, "/python/admin".
        before: hooks ``f(request)``.
        after: hooks ``f(request, response)``.
        middleware: each ``f(request, call_next)`` or a generator function ``f(request)``.
        tags: what the API description groups its routes by.

    Raises:
        RouteError: the prefix or a hook cannot work.
    """

    def __init__(
        self,
        prefix: str,
        *,
        before: Iterable[Callable[..., Any]] = (),
        after: Iterable[Callable[..., Any]] = (),
        middleware: Iterable[Callable[..., Any]] = (),
        tags: Sequence[str] = (),
    ) -> None:
        if not prefix.startswith("/python") or prefix.endswith("/"):
            raise RouteError(f'the prefix "{prefix}" must start with /python, and not end with a slash')
        self.prefix = prefix
        self.tags = tuple(tags)
        self.group = Group()
        for hook in before:
            self.before_request(hook)
        for hook in after:
            self.after_request(hook)
        for hook in middleware:
            self.middleware(hook)

    def route(
        self,
        path: str,
        methods: Sequence[str] = ("GET",),
        use_process_pool: bool = False,
        timeout: float | None = None,
        name: str | None = None,
        max_in_flight: int | None = None,
        stream_body: bool = False,
        max_body: int | None = None,
    ) -> Callable[[HandlerT], HandlerT]:
        """As `typhon.route`, with a path below the prefix: "/users/<int:user_id>"."""
        options = (methods, use_process_pool, timeout, name, max_in_flight)
        body = body_settings(stream_body, max_body)
        return declare(self.prefix + path, *options, router=self, body=body)

    def websocket(self, path: str, name: str | None = None) -> Callable[[HandlerT], HandlerT]:
        """As `typhon.websocket`, with a path below the prefix; of the hooks, ``before_request`` counts."""
        return declare_websocket(self.prefix + path, name, self)

    def before_request(self, hook: HookT) -> HookT:
        """As `typhon.before_request`, for these routes."""
        self.group.before.append(checked_hook(hook, 1, "a before_request hook is f(request)"))
        return hook

    def after_request(self, hook: HookT) -> HookT:
        """As `typhon.after_request`, for these routes."""
        self.group.after.append(checked_hook(hook, 2, "an after_request hook is f(request, response)"))
        return hook

    def middleware(self, hook: HookT) -> HookT:
        """As `typhon.middleware`, for these routes."""
        self.group.middleware.append(checked_middleware(hook))
        return hook

    def error_handler(self, key: type[BaseException] | int) -> Callable[[HookT], HookT]:
        """As `typhon.error_handler`, for these routes."""
        checked = checked_key(key)

        def decorate(hook: HookT) -> HookT:
            self.group.errors[checked] = checked_hook(hook, 2, "an error handler is f(request, error)")
            return hook

        return decorate
