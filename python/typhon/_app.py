"""Imports an application directory and returns the routes that it declares.

Modules of the directory are always compiled from their source: a cached .pyc is trusted by whole seconds and
size, so that a quick edit of equal length would be served stale.
"""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
)
from pathlib import Path
from types import CodeType

from typhon import _lifetime, _sessions
from typhon._finish import finished
from typhon._group import app_group
from typhon.errors import AppError
from typhon.forms import FormLimits, form_limits
from typhon.routing import RouteSpec, table

OWN_NAMES = frozenset({"typhon", "_typhon"})


class _FreshLoader(SourceFileLoader):
    """Compiles the source, whatever a .pyc says."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


def load_app(app_dir: str) -> list[RouteSpec]:
    """Imports every module of a directory, in the order of their names.

    Modules are the top-level ``*.py`` files and packages; names that start with ``_`` or ``.`` are left to
    the application's own imports. A second call forgets the modules and routes of the call before it.

    Args:
        app_dir: becomes the first entry of ``sys.path``.

    Returns:
        The routes in the order of their declaration, each with the function that serves it.

    Raises:
        AppError: the directory, a file's name or a module's sys.exit() stops it.
        RouteError: a route that cannot work.
        BaseException: whatever a module raises while it is imported.
    """
    directory = Path(app_dir).resolve()
    names = module_names(directory)
    forget_modules(directory)
    forget_declarations()
    use_directory(str(directory))
    for name in names:
        _import(name)
    return finished(table.routes())


def forget_declarations() -> None:
    """Removes every route, hook and setting of an application."""
    form_limits(FormLimits())
    _sessions.forget()
    table.clear()
    app_group.clear()
    _lifetime.clear()


def module_names(directory: Path) -> list[str]:
    """The names of the modules to import, sorted.

    Raises:
        AppError: no directory, or a name that cannot be imported or would hide another module.
    """
    if not directory.is_dir():
        raise AppError(f"the application directory {directory} does not exist")
    found = sorted(path for path in directory.iterdir() if _is_module(path))
    for path in found:
        _check_name(path)
    names = [path.stem if path.is_file() else path.name for path in found]
    for name in names:
        if names.count(name) > 1:
            raise AppError(f"{directory} has both a file {name}.py and a package {name}/")
    return names


def use_directory(directory: str) -> None:
    """Makes ``directory`` the first place of imports, compiled from source."""
    install_finder(directory)
    sys.path[:] = [directory, *(entry for entry in sys.path if entry != directory)]


def install_finder(directory: str) -> None:
    """Has modules below ``directory`` compiled from source in this process."""
    loaders = ((ExtensionFileLoader, EXTENSION_SUFFIXES), (_FreshLoader, SOURCE_SUFFIXES))

    def hook(path: str) -> FileFinder:
        if path != directory and not path.startswith(directory + "/"):
            raise ImportError(f"{path} is not below {directory}")
        return FileFinder(path, *loaders)

    sys.path_hooks.insert(0, hook)
    for path in [entry for entry in sys.path_importer_cache if entry.startswith(directory)]:
        del sys.path_importer_cache[path]
    importlib.invalidate_caches()


def forget_modules(directory: Path) -> None:
    """Removes the modules below ``directory`` from those that are imported."""
    prefix = f"{directory}/"
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(prefix):
            del sys.modules[name]


def _is_module(path: Path) -> bool:
    if path.name.startswith(("_", ".")):
        return False
    return (path.suffix == ".py" and path.is_file()) or (path / "__init__.py").is_file()


def _check_name(path: Path) -> None:
    name = path.stem if path.is_file() else path.name
    if not name.isidentifier():
        hint = 'start it with "_" to leave it out'
        raise AppError(f'{path} cannot be imported: "{name}" is not a Python name ({hint})')
    if name in OWN_NAMES or name in sys.stdlib_module_names:
        owner = "Typhon's own package" if name in OWN_NAMES else "a module of Python's standard library"
        raise AppError(f'{path} would hide {owner} of the name "{name}": rename it')


def _import(name: str) -> None:
    try:
        importlib.import_module(name)
    except SystemExit as exit_:
        raise AppError(f"the module {name} called sys.exit({exit_.code!r}) while it was imported") from exit_
