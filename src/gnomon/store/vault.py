"""The vault: secrets that must be readable again, encrypted under the server's own key (AES-256-GCM)."""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gnomon.core.errors import Unavailable

_NONCE = 12


class KeyVault:
    """Seals and opens with one key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, secret: bytes) -> str:
        """Encrypt; the same secret never looks the same twice."""
        nonce = os.urandom(_NONCE)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, secret, None)).decode()

    def open(self, sealed: str) -> bytes:
        """Decrypt; raises `Unavailable` when it was sealed with another key."""
        text = base64.b64decode(sealed)
        try:
            return self._cipher.decrypt(text[:_NONCE], text[_NONCE:], None)
        except InvalidTag as error:
            raise Unavailable(
                "A stored secret was sealed with another secret.key; put the right one back."
            ) from error
