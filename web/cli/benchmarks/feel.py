"""What an expression of a model costs: compiled once, evaluated many times."""

from __future__ import annotations

import timeit
from decimal import Decimal
from typing import Any

from engine.feel.expression import compile_expression

# Each with the values of an instance around it, of which it may only touch what it names.
EXPRESSIONS = {
    "comparison": "amount > 1000",
    "text": 'status = "open"',
    "path": "order.total > 100",
    "condition": 'amount > 1000 and (status = "open" or order.total > 100)',
    "arithmetic": "round half up(amount * 1.21, 2)",
    "filter": "count(order.lines[price > 10])",
    "loop_of_100": "sum(for i in 1..100 return i * i)",
}


def run(times: int) -> dict[str, Any]:
    """Microseconds of each expression, the best of five rounds, and of compiling one."""
    values = {
        "amount": Decimal("1500.50"),
        "status": "open",
        "order": {"total": 250, "lines": [{"price": price} for price in range(20)]},
        "rest": {f"field {at}": ["value"] * 50 for at in range(200)},
    }
    result: dict[str, Any] = {"times": times}
    for name, source in EXPRESSIONS.items():
        expression = compile_expression(source)
        seconds = min(timeit.repeat(lambda: expression.evaluate(values), number=times, repeat=5))  # noqa: B023 - called at once
        result[f"{name}_us"] = round(seconds / times * 1e6, 2)
    compiled = timeit.timeit(
        lambda: compile_expression.__wrapped__(EXPRESSIONS["condition"]), number=100
    )
    result["compile_us"] = round(compiled / 100 * 1e6, 1)
    return result
