"""An offer that somebody must approve: a workload that proposes, asks, and goes on with the answer.

Between the question and the answer nothing runs. The function is then called again from its start; what it has put
into steps is not done again.
"""

from typing import Any

from gnomon.core.workload import Context, Failure, Workload

HIGHEST = 40
"""The most discount, in percent, that whoever approves may give."""


def price(lines: list[dict[str, Any]], ctx: Context) -> list[dict[str, Any]]:
    """Return the lines with their sums; a pause sets the task aside between two of them."""
    priced: list[dict[str, Any]] = []
    for done, line in enumerate(lines, 1):
        ctx.checkpoint()
        priced.append({**line, "sum": round(line["quantity"] * line["unit_price"], 2)})
        ctx.progress(50 * done / len(lines), "pricing")
    return priced


def propose(order: dict[str, Any], ctx: Context) -> dict[str, Any]:
    """Make the offer."""
    lines = price(order["lines"], ctx)
    return {"customer": order["customer"], "lines": lines, "total": round(sum(x["sum"] for x in lines), 2)}


def read_verdict(answer: Any, question: str) -> tuple[bool, float]:
    """Return whether the offer is approved, and at which discount in percent; whoever answers may be mistaken."""
    match answer:
        case {"approved": bool(approved), **rest} if rest.keys() <= {"discount"}:
            discount = rest.get("discount", 0)
            if (
                isinstance(discount, int | float)
                and not isinstance(discount, bool)
                and 0 <= discount <= HIGHEST
            ):
                return approved, float(discount)
    raise Failure(
        "answer_unclear",
        f"Answer {question!r} with {{'approved': true or false, 'discount': 0 to {HIGHEST}}}; it was {answer!r}.",
    )


def run(order: dict[str, Any], ctx: Context) -> dict[str, Any]:
    """Propose, ask, and write the offer that was approved."""
    offer = ctx.step("offer", lambda: propose(order, ctx))
    question = {"text": f"Send this offer to {offer['customer']}?", "offer": offer}
    approved, discount = read_verdict(ctx.ask("approval", question), "approval")
    if not approved:
        return {"approved": False, "offer": None, "total": None}
    ctx.progress(90, "writing")
    total = round(offer["total"] * (1 - discount / 100), 2)
    text = "".join(f"{x['quantity']} x {x['item']}: {x['sum']:.2f}\n" for x in offer["lines"])
    name = ctx.step("letter", lambda: ctx.put(f"{offer['customer']}\n{text}Total: {total:.2f}\n".encode()))
    return {"approved": True, "offer": name, "total": total}


_LINE = {
    "type": "object",
    "properties": {
        "item": {"type": "string", "minLength": 1},
        "quantity": {"type": "integer", "minimum": 1},
        "unit_price": {"type": "number", "minimum": 0},
    },
    "required": ["item", "quantity", "unit_price"],
    "additionalProperties": False,
}

APPROVAL = Workload(
    kind="approval",
    title="An offer that somebody must approve",
    run=run,
    input_schema={
        "type": "object",
        "properties": {
            "customer": {"type": "string", "minLength": 1},
            "lines": {"type": "array", "items": _LINE, "minItems": 1, "maxItems": 1000},
        },
        "required": ["customer", "lines"],
        "additionalProperties": False,
    },
    output_schema={
        "type": "object",
        "properties": {
            "approved": {"type": "boolean"},
            "offer": {"type": ["string", "null"], "description": "the name of a text file"},
            "total": {"type": ["number", "null"]},
        },
    },
)

WORKLOADS = (APPROVAL,)
