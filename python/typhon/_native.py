"""The Request that this interpreter has: the worker's own in a worker, the plain one elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typhon._plain_request import Request
else:
    try:
        from _typhon import Request
    except ImportError:
        from typhon._plain_request import Request

__all__ = ["Request"]
