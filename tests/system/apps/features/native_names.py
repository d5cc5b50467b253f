"""What the native module has, for comparison with its stub."""

from typing import Any

import _typhon
from typhon import Request, route


@route("/python/native-names")
def names(request: Request) -> Any:
    """Public names of the module, and of its classes."""
    kinds = {name: getattr(_typhon, name) for name in dir(_typhon) if not name.startswith("_")}
    return {
        name: sorted(key for key in dir(kind) if not key.startswith("_")) if isinstance(kind, type) else []
        for name, kind in kinds.items()
    }
