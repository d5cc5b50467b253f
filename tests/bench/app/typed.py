"""A body that is declared as a type."""

import msgspec

from typhon import Request, route


class Line(msgspec.Struct):
    name: str
    price: float
    count: int = 1


class Order(msgspec.Struct):
    customer: str
    lines: list[Line]
    notes: list[str] = []
    express: bool = False


@route("/python/order", methods=["POST"])
def order(request: Request, order: Order) -> dict[str, str | float]:
    return {"customer": order.customer, "total": sum(line.price * line.count for line in order.lines)}
