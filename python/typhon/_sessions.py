"""Sessions: a dict for each client, kept in a cookie that is signed by itsdangerous.

The client can read it, and cannot change it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence
from typing import Any

from typhon import _json
from typhon._group import app_group
from typhon._optional import need
from typhon.cookies import SameSite
from typhon.responses import Response

DAY = 86_400
MIN_SECRET = 16
MAX_COOKIE = 4096  # bytes of name and value that browsers keep

_SESSION = "_typhon_session"


class Session(dict[str, Any]):
    """What is known of a client. Values are what JSON can say; changes are sent with the answer."""

    def __init__(self, values: dict[str, Any], sent: bool) -> None:
        super().__init__(values)
        self._sent = sent
        self._as_received = _json.encode(values)

    @property
    def changed(self) -> bool:
        """Whether the client has to get it anew."""
        return bool(self or self._sent) and _json.encode(dict(self)) != self._as_received


class _Settings:
    """How the sessions of this application are kept."""

    def __init__(self, secrets: list[str], cookie: str, max_age: float, attributes: dict[str, Any]) -> None:
        itsdangerous = need("itsdangerous", "itsdangerous", "sessions()")
        self.cookie = cookie
        self.max_age = max_age
        self.attributes = attributes
        self._bad: type[Exception] = itsdangerous.BadData
        self._serializer = itsdangerous.URLSafeTimedSerializer(
            secrets, salt="typhon.session", signer_kwargs={"digest_method": hashlib.sha256}
        )

    def read(self, text: str | None) -> Session:
        """An empty one for a cookie that is missing, too old, or not ours."""
        if text is None:
            return Session({}, sent=False)
        try:
            values = self._serializer.loads(text, max_age=self.max_age)
        except self._bad:
            values = None
        return Session(values if isinstance(values, dict) else {}, sent=True)

    def write(self, session: Session, response: Response) -> None:
        path, domain = self.attributes["path"], self.attributes["domain"]
        if not session:
            response.delete_cookie(self.cookie, path=path, domain=domain)
            return
        text = self._serializer.dumps(dict(session))
        if len(self.cookie) + len(text) > MAX_COOKIE:
            raise ValueError(f"the session is larger than the {MAX_COOKIE} bytes that browsers keep")
        response.set_cookie(self.cookie, text, max_age=self.max_age, httponly=True, **self.attributes)


_settings: _Settings | None = None


def sessions(
    secret: str | Sequence[str],
    *,
    cookie: str = "session",
    max_age: float = 14 * DAY,
    path: str = "/",
    domain: str | None = None,
    secure: bool = False,
    samesite: SameSite = "lax",
) -> None:
    """Gives each request a ``session``. Call it once, before other middleware is declared.

    Args:
        secret: what signs, at least 16 characters; a list has the newest last, and the others still verify.
        cookie: the name of the cookie.
        max_age: seconds from the last change until it is forgotten.
        path: the paths that it is sent to.
        domain: the domain with its subdomains; the host alone when left out.
        secure: it is sent by HTTPS only. Set it wherever there is HTTPS.
        samesite: whether requests from other sites have it.

    Raises:
        AppError: itsdangerous is not installed.
        ValueError: a secret that is too short.
    """
    global _settings
    secrets = [secret] if isinstance(secret, str) else list(secret)
    if not secrets or any(len(one) < MIN_SECRET for one in secrets):
        raise ValueError(f"a secret of sessions() has at least {MIN_SECRET} characters")
    attributes = {"path": path, "domain": domain, "secure": secure, "samesite": samesite}
    _settings = _Settings(secrets, cookie, max_age, attributes)
    app_group.middleware.append(_keep)


def forget() -> None:
    """Takes the sessions away again."""
    global _settings
    _settings = None


def session_of(request: Any) -> Session:
    """`Request.session`: read from its cookie when it is first asked for.

    Raises:
        RuntimeError: the application has no sessions.
    """
    if _settings is None:
        raise RuntimeError(
            "there are no sessions: call typhon.sessions(secret) in a module of the application"
        )
    session: Session | None = request.__dict__.get(_SESSION)
    if session is None:
        session = request.__dict__[_SESSION] = _settings.read(request.cookies.get(_settings.cookie))
    return session


def _keep(request: Any) -> Generator[None, Response, None]:
    """The middleware that sends what has changed, when the handler asked for the session."""
    response = yield
    session: Session | None = request.__dict__.get(_SESSION)
    if session is None or _settings is None:
        return
    response.headers.add("Vary", "Cookie")
    if session.changed:
        _settings.write(session, response)
