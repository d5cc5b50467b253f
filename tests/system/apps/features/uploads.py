"""Forms and files."""

import os
from typing import Annotated, Any

from typhon import Form, FormLimits, Request, Upload, form_limits, route

form_limits(FormLimits(memory=100_000, file_size=3_000_000))


@route("/python/uploads", methods=["POST"])
def upload(request: Request, file: Upload, note: Annotated[str, Form()] = "") -> Any:
    """Where the file is."""
    on_disk = file.size > 100_000 and os.fstat(file.file.fileno()).st_size == file.size
    return {"name": file.filename, "size": file.size, "sum": sum(file.data), "disk": on_disk, "note": note}
