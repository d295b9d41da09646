"""Keys and workspaces."""

from gnomon.web.native.schema.forms import Schema

SCHEMAS: dict[str, Schema] = {}
