"""Who sends a request: HTTP's basic and bearer authentication (RFC 7617, RFC 6750) as dependencies."""

from __future__ import annotations

import base64
import binascii
import hmac
import inspect
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from typhon._callables import is_async, settled
from typhon.errors import HTTPError

Check = Callable[..., Any]


def basic_auth(check: Check | Mapping[str, str], realm: str = "Typhon") -> Callable[..., Any]:
    """A dependency that is what ``check(name, password)`` returns; a 401 when that is None.

    Args:
        check: plain or async; or passwords by name, compared in constant time, for the name of the user.
        realm: what a browser shows.

    Returns:
        For `Depends`, and for `login_required`.
    """
    challenge = f'Basic realm="{_checked(realm)}", charset="UTF-8"'
    found = _compare(check) if isinstance(check, Mapping) else check

    def credentials(request: Any) -> tuple[str, str]:
        return _name_and_password(_after_scheme(request, "basic", challenge), challenge)

    security = {"basic": {"type": "http", "scheme": "basic"}}
    return _dependency(found, credentials, challenge, security)


def bearer_auth(check: Check, realm: str = "Typhon") -> Callable[..., Any]:
    """A dependency that is what ``check(token)`` returns; a 401 when that is None.

    Args:
        check: plain or async.
        realm: what the answer names.

    Returns:
        For `Depends`, and for `login_required`.
    """
    challenge = f'Bearer realm="{_checked(realm)}"'

    def credentials(request: Any) -> tuple[str]:
        return (_after_scheme(request, "bearer", challenge),)

    security = {"bearer": {"type": "http", "scheme": "bearer"}}
    return _dependency(check, credentials, f'{challenge}, error="invalid_token"', security)


def login_required(auth: Callable[..., Any]) -> Callable[..., Any]:
    """A hook for ``before``: has only those requests pass that ``auth`` accepts.

    ``request.state.user`` is what it returned.
    """
    if is_async(auth):

        async def check_later(request: Any) -> None:
            request.state.user = _known(await auth(request), auth)

        return _asking_like(auth, check_later)

    def check(request: Any) -> None:
        request.state.user = _known(auth(request), auth)

    return _asking_like(auth, check)


def _asking_like(auth: Callable[..., Any], hook: Any) -> Callable[..., Any]:
    """The hook, known to the API description as its dependency is."""
    hook.openapi_security = getattr(auth, "openapi_security", {})
    asking: Callable[..., Any] = hook
    return asking


def _dependency(
    check: Check,
    credentials: Callable[[Any], tuple[str, ...]],
    refusal: str,
    security: dict[str, Any],
) -> Callable[..., Any]:
    def accepted(user: Any) -> Any:
        return _refuse(refusal) if user is None else _known(user, check)

    def authenticate(request: Any) -> Any:
        return accepted(check(*credentials(request)))

    async def authenticate_later(request: Any) -> Any:
        return accepted(await check(*credentials(request)))

    chosen: Any = authenticate_later if is_async(check) else authenticate
    chosen.openapi_security = security
    return chosen  # type: ignore[no-any-return]


def _known(user: Any, check: Check) -> Any:
    """The user. What has not been awaited says nothing of who asks, and lets nobody in."""
    return settled(user, check, inspect.isawaitable)


def _after_scheme(request: Any, scheme: str, challenge: str) -> str:
    found, _, rest = request.headers.get("authorization", "").partition(" ")
    if found.lower() != scheme or not rest.strip():
        _refuse(challenge)
    return str(rest.strip())


def _name_and_password(text: str, challenge: str) -> tuple[str, str]:
    try:
        name, colon, password = base64.b64decode(text, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        _refuse(challenge)
    if not colon:
        _refuse(challenge)
    return name, password


def _compare(passwords: Mapping[str, str]) -> Check:
    def check(name: str, password: str) -> str | None:
        known = passwords.get(name)
        same = hmac.compare_digest((known or "").encode(), password.encode())
        return name if same and known is not None else None

    return check


def _refuse(challenge: str) -> NoReturn:
    raise HTTPError(401, "unauthorized", {"WWW-Authenticate": challenge})


def _checked(realm: str) -> str:
    if not realm.isascii() or not realm.isprintable() or '"' in realm or "\\" in realm:
        raise ValueError(f"{realm!r} cannot be a realm: printable ASCII without quotes and backslashes")
    return realm
