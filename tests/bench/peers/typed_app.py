"""FastAPI's typed body, the counterpart of Typhon's POST /python/order."""
# mypy: disable-error-code="import-not-found, untyped-decorator, misc"

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Line(BaseModel):
    name: str
    price: float
    count: int = 1


class Order(BaseModel):
    customer: str
    lines: list[Line]
    notes: list[str] = []
    express: bool = False


@app.post("/order")
async def order(order: Order) -> dict[str, str | float]:
    return {"customer": order.customer, "total": sum(line.price * line.count for line in order.lines)}
