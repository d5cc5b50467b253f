"""FastAPI's hello with an async handler, the counterpart of Typhon's GET /python/hello."""
# mypy: disable-error-code="import-not-found, untyped-decorator, misc"

import platform

from fastapi import FastAPI

app = FastAPI()


@app.get("/hello")
async def hello() -> dict[str, str]:
    return {"message": "Hello from Python", "version": platform.python_version()}
