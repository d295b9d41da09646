"""Counting primes piece by piece: a workload that can be watched, set aside, stopped, and asked about."""

import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import isqrt
from typing import Any

from gnomon.core.workload import Context, Workload

PIECES = 20
MOST = 100_000_000


def small_primes(most: int) -> Sequence[int]:
    """Return the primes up to a number."""
    is_prime = bytearray([1]) * (most + 1)
    for number in range(2, isqrt(most) + 1):
        if is_prime[number]:
            is_prime[number * number :: number] = bytes(len(range(number * number, most + 1, number)))
    return [number for number in range(2, most + 1) if is_prime[number]]


def count_between(low: int, high: int) -> int:
    """Count the primes p with low <= p < high, by the segmented sieve of Eratosthenes."""
    is_prime = bytearray([1]) * (high - low)
    for prime in small_primes(isqrt(high - 1)) if high > 1 else ():
        first = max(prime * prime, -(-low // prime) * prime)
        is_prime[first - low :: prime] = bytes(len(range(first, high, prime)))
    return is_prime.count(1) - sum(low <= number < high for number in (0, 1))


def run(task_input: Mapping[str, Any], ctx: Context) -> Mapping[str, Any]:
    """Count the primes below a number in twenty pieces, each one a step that is never done twice."""
    below, pause = task_input["below"], task_input.get("pause", 0.0)
    edges = [below * n // PIECES for n in range(PIECES + 1)]
    found = 0
    for n, (low, high) in enumerate(pairwise(edges)):
        if n == PIECES // 2 and task_input.get("ask") and not _goes_on(found, ctx):
            return {"below": low, "primes": found}
        ctx.checkpoint()
        found += ctx.step(f"piece-{n}", lambda low=low, high=high: count_between(low, high))
        ctx.progress(100 * (n + 1) / PIECES, f"below {high}")
        time.sleep(pause)
    return {"below": below, "primes": found}


def _goes_on(found: int, ctx: Context) -> bool:
    """Ask; the attempt ends here, and another one begins when there is an answer."""
    answer: str = ctx.ask("go-on", {"text": f"{found} primes so far. Go on?", "choices": ["yes", "no"]})
    return answer == "yes"


PRIMES = Workload(
    kind="primes",
    run=run,
    title="Count primes",
    input_schema={
        "type": "object",
        "required": ["below"],
        "additionalProperties": False,
        "properties": {
            "below": {"type": "integer", "minimum": 2, "maximum": MOST},
            "pause": {
                "type": "number",
                "minimum": 0,
                "maximum": 10,
                "description": "Seconds to rest after each of the twenty pieces.",
            },
            "ask": {"type": "boolean", "description": "Ask half-way whether to go on."},
        },
    },
    output_schema={
        "type": "object",
        "properties": {"below": {"type": "integer"}, "primes": {"type": "integer"}},
    },
)
WORKLOADS = (PRIMES,)
