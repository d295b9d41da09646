"""Standard Webhooks signatures (symmetric, `v1`): made by the sender, checked by whoever receives.

Receivers differ in what they take for the key of `whsec_...`: the bytes that its base64 stands for, as the
specification says, or the text itself. A `Scheme` names what a dialect's receivers expect; each reading signs.

A receiver in Python checks what it got with three lines::

    from gnomon.delivery import verify

    verify(secret, request.headers, body)  # raises SignatureInvalid
"""

import base64
import binascii
import hmac
import time
from collections.abc import Callable, Iterable, Mapping

ID = "webhook-id"
TIMESTAMP = "webhook-timestamp"
SIGNATURE = "webhook-signature"
TOLERANCE = 300.0
"""Seconds by which sender's and receiver's clocks, and the way between them, may differ."""
_PREFIX = "whsec_"
_VERSION = "v1"


class SignatureInvalid(ValueError):
    """The message does not come from whom it claims to, or not from now."""


def key_of(secret: str) -> bytes:
    """Return the bytes of a secret; raises `ValueError` when it is none."""
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError(f"A signing secret is {_PREFIX} and base64.") from error


Scheme = tuple[Callable[[str], bytes], ...]
"""How the keys of a secret are had from its text; there is a signature by each."""
STANDARD: Scheme = (key_of,)
WITH_TEXT_KEY: Scheme = (key_of, str.encode)
"""For receivers of both sorts: those that decode the secret, and those that take its whole text for the key."""


def sign(
    secrets: Iterable[str], message_id: str, timestamp: int, body: bytes, scheme: Scheme = STANDARD
) -> str:
    """Return the value of `webhook-signature`: signatures of each secret, separated by spaces.

    Parameters
    ----------
    secrets
        `whsec_` and base64; several while an old one still counts.
    message_id
        The value of `webhook-id`.
    timestamp
        Unix time in seconds: the value of `webhook-timestamp`.
    body
        The very bytes that are sent.
    scheme
        What the receivers may take for the key of a secret.
    """
    keys = [read(secret) for secret in secrets for read in scheme]
    return " ".join(f"{_VERSION},{_signature(key, message_id, str(timestamp), body)}" for key in keys)


def verify(
    secret: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: float | None = None,
    tolerance: float = TOLERANCE,
) -> None:
    """Check that a message was signed with the secret, a moment ago; names of headers in any case.

    Raises
    ------
    SignatureInvalid
        When a header is missing, the time is more than `tolerance` seconds away, or no signature fits.
    """
    given = {name.lower(): value for name, value in headers.items()}
    missing = [name for name in (ID, TIMESTAMP, SIGNATURE) if not given.get(name)]
    if missing:
        raise SignatureInvalid(f"The header {missing[0]} is missing.")
    if "." in given[ID]:
        raise SignatureInvalid(f"The header {ID} holds a dot, so what was signed is ambiguous.")
    _check_time(given[TIMESTAMP], time.time() if now is None else now, tolerance)
    expected = _signature(key_of(secret), given[ID], given[TIMESTAMP], body).encode()
    versions = (signature.partition(",") for signature in given[SIGNATURE].split(" "))
    fits = [
        hmac.compare_digest(text.encode(), expected) for version, _, text in versions if version == _VERSION
    ]
    if not any(fits):
        raise SignatureInvalid(
            "No signature fits the message; check the secret, and sign the body's very bytes."
        )


def _check_time(text: str, now: float, tolerance: float) -> None:
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise SignatureInvalid(f"The header {TIMESTAMP} is no Unix time in seconds.")
    if abs(now - int(text)) > tolerance:
        raise SignatureInvalid(f"The message is not from now: more than {tolerance:g} s lie between.")


def _signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    signed = message_id.encode() + b"." + timestamp.encode() + b"." + body
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
