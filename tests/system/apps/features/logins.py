"""Sessions and authentication."""

from typing import Annotated, Any

from typhon import Depends, Request, basic_auth, route, sessions

sessions("a secret of the tests")
users = basic_auth({"ada": "pw"})


@route("/python/session/visit")
def visit(request: Request) -> Any:
    """Counts."""
    request.session["visits"] = request.session.get("visits", 0) + 1
    return {"visits": request.session["visits"]}


@route("/python/session/who")
def who(request: Request, user: Annotated[str, Depends(users)]) -> Any:
    """Asks for a password."""
    return {"user": user}
