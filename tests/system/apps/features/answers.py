"""Responses of each kind."""

from typhon import HTML, Redirect, Request, Response, Templates, route

pages = Templates("templates", module=__file__)


@route("/python/answers/page")
def page(request: Request, name: str) -> Response:
    """A template."""
    return pages.page("page.html", name=name)


@route("/python/answers/login")
def login(request: Request) -> Response:
    """Cookies and a redirect."""
    answer = Redirect("/python/answers/who?größe=1")
    answer.set_cookie("token", "t1", httponly=True)
    answer.set_cookie("theme", "dark", max_age=60)
    return answer


@route("/python/answers/who")
def who(request: Request) -> Response:
    """The cookies that came back; one of them goes."""
    answer = HTML(str(sorted(request.cookies.items())))
    answer.delete_cookie("theme")
    return answer
