"""The blob: immutable bytes named by their SHA-256, kept until nothing refers to them."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A stored blob's name and size in bytes."""

    sha256: str
    size: int


def name_of(content: bytes) -> str:
    """Return the name under which the content is stored."""
    return hashlib.sha256(content).hexdigest()
