"""The native door's requests: pydantic models of bodies and query strings, and the one way to read them."""

from gnomon.web.native.wire.reading import Words, ask, read

__all__ = ["Words", "ask", "read"]
