"""Pages from templates, by Jinja."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from typhon._optional import need
from typhon.responses import HTML, HeaderInput


class Templates:
    """Templates of a directory. Make it once, at the top of a module; threads may share it.

    Values are escaped in every template. A name that the page needs and does not get is an error.

    Args:
        source: the directory, or a dict of names and texts.
        module: a file, such as ``__file__``, beside which the directory lies.
        values: what every template has.

    Raises:
        AppError: Jinja is not installed.
    """

    def __init__(
        self,
        source: str | os.PathLike[str] | Mapping[str, str],
        *,
        module: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        jinja2 = need("jinja2", "jinja2", "Templates")
        if isinstance(source, Mapping):
            loader = jinja2.DictLoader(dict(source))
        else:
            loader = jinja2.FileSystemLoader((Path(module).parent if module else Path()) / source)
        self.environment: Any = jinja2.Environment(
            loader=loader,
            autoescape=True,
            undefined=jinja2.StrictUndefined,
        )
        self.environment.globals.update(values or {})

    def text(self, name: str, /, **values: Any) -> str:
        """The template ``name`` with these values.

        Raises:
            jinja2.TemplateError: it is missing, wrong, or needs a value that it did not get.
        """
        rendered: str = self.environment.get_template(name).render(values)
        return rendered

    def page(
        self, name: str, /, status: int = 200, headers: HeaderInput | None = None, **values: Any
    ) -> HTML:
        """The same as an answer."""
        return HTML(self.text(name, **values), status, headers)
