"""Text of strangers, made fit to be stored."""


def sound(text: str) -> str:
    """Return a text without what no store takes: halves of characters, and NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", " ")
