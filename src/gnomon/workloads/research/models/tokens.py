"""Tokens before they are counted: an estimate that errs on the safe side, for cutting prompts to a window."""

from gnomon.workloads.research.models.model import Prompt

BYTES_PER_TOKEN = 3
"""English prose has four to five, numbers and code two to three, most other scripts three or more."""
FRAME = 64
"""Tokens that a server puts around the turns of a prompt."""


def estimate_tokens(text: str) -> int:
    """Estimate how many tokens a text has; for budgets only, never told as a count."""
    return -(-len(text.encode(errors="replace")) // BYTES_PER_TOKEN)


def room(window: int, max_tokens: int) -> int:
    """Return how many tokens a prompt may have so that a reply of `max_tokens` fits behind it."""
    return max(0, window - max_tokens - FRAME)


def fits(prompt: Prompt, window: int, max_tokens: int) -> bool:
    """Say whether a prompt leaves room for its reply."""
    return estimate_tokens(prompt.system) + estimate_tokens(prompt.user) <= room(window, max_tokens)


def cut(text: str, tokens: int) -> tuple[str, bool]:
    """Return as much of the text's beginning as so many tokens surely hold, and whether something is missing."""
    if estimate_tokens(text) <= tokens:
        return text, False
    kept = text.encode(errors="replace")[: tokens * BYTES_PER_TOKEN].decode(errors="ignore")
    end = max(kept.rfind(" "), kept.rfind("\n"))
    return (kept[:end] if end > len(kept) // 2 else kept), True
