"""Webhook endpoints and their deliveries."""

from gnomon.web.native.schema.forms import Schema

SCHEMAS: dict[str, Schema] = {}
