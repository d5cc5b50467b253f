"""Publishes what the routes of an application are: an OpenAPI 3.1 document, and a page to read and try it."""

from __future__ import annotations

import html
import importlib.util
from pathlib import Path
from typing import Any

from typhon import _json, _native_api, _openapi
from typhon._describe import describe
from typhon._optional import need
from typhon.errors import AppError, abort
from typhon.responses import HTML, Response
from typhon.routing import RouteSpec, table

ASSETS = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}
_PREFIXES = ("", "/python")

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<div id="ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({{url: "openapi.json", dom_id: "#ui", deepLinking: true}})</script>
</html>
"""


def openapi(title: str, version: str = "1.0", description: str = "", docs: bool = True) -> None:
    """Serves /openapi.json, and /docs unless ``docs`` is false. Call it once, while a module is imported.

    The document is made when it is first asked for. The same is served below /python/, for whoever lets only
    that through.

    Args:
        title: what the API is called.
        version: of the API.
        description: Markdown.
        docs: whether there is a page; its scripts come from the package swagger-ui-py, none from elsewhere.

    Raises:
        AppError: a package is missing.
    """
    need("msgspec", "msgspec", "openapi()")
    info = {"title": title, "version": version} | ({"description": description} if description else {})
    cached: list[bytes] = []

    @describe(hidden=True)
    def api_document(request: Any) -> Response:  # noqa: ARG001
        if not cached:
            found = _openapi.document(table.routes(), info, _native_api.current)
            cached.append(_json.encode(found))
        return Response(cached[0], content_type="application/json")

    _serve("/openapi.json", api_document)
    if docs:
        _serve_page(title)


def _serve_page(title: str) -> None:
    directory = _assets()
    text = _PAGE.format(title=html.escape(title))

    @describe(hidden=True)
    def api_page(request: Any) -> Response:  # noqa: ARG001
        return HTML(text)

    @describe(hidden=True)
    def api_asset(request: Any) -> Response:
        name = request.path_params["name"]
        if name not in ASSETS:
            abort(404)
        content = (directory / name).read_bytes()
        return Response(content, headers={"Cache-Control": "max-age=86400"}, content_type=ASSETS[name])

    _serve("/docs", api_page)
    _serve("/docs/<name>", api_asset)


def _assets() -> Path:
    """Where the files of Swagger UI are, found without importing their package."""
    found = importlib.util.find_spec("swagger_ui")
    if found is None or not found.submodule_search_locations:
        raise AppError("openapi() needs a package for its page: pip install swagger-ui-py (or docs=False)")
    return Path(found.submodule_search_locations[0]) / "static"


def _serve(path: str, handler: Any) -> None:
    for prefix in _PREFIXES:
        name = f"typhon.openapi.{handler.__name__}"
        table.add(RouteSpec(("GET",), prefix + path, name, "thread", handler, False, None, None, __file__))
