"""Robyn's hello. Environment: BENCH_PORT."""
# mypy: disable-error-code="import-not-found, untyped-decorator, misc"

import os
import platform

from robyn import Request, Robyn

app = Robyn(__file__)


@app.get("/hello")
async def hello(request: Request) -> dict[str, str]:
    return {"message": "Hello from Python", "version": platform.python_version()}


if __name__ == "__main__":
    app.start(host="127.0.0.1", port=int(os.environ["BENCH_PORT"]))
