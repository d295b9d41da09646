"""The post office: what the outbox holds becomes signed POSTs, tried again until they are taken, and logged."""

from gnomon.delivery.signature import SignatureInvalid, sign, verify

__all__ = ["SignatureInvalid", "sign", "verify"]
