"""Signing in with an identity provider's token: its keys are read as a JWKS, kept, and read anew when they change."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.types import Options

from gnomon.core.errors import Unauthenticated, Unavailable

log = logging.getLogger(__name__)

PublicKey = RSAPublicKey | EllipticCurvePublicKey

LEEWAY = timedelta(seconds=30)
"""By so much the provider's clock may be ahead of this one, or behind."""
FRESH = timedelta(minutes=10)
"""For so long keys are used before they are looked up again."""
STALE = timedelta(hours=24)
"""For so long they are used when they cannot be."""
PAUSE = timedelta(seconds=30)
"""The least between two look-ups, whatever tokens name unknown keys."""
NOT_OURS = (
    "The token is not one of the identity provider that this server trusts, or it has expired; sign in again."
)
_LEAST_RSA = 2048
_MOST_KEYS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whom a token names."""

    subject: str
    """The issuer and the subject there."""
    name: str
    email: str | None
    """The address, if the provider says that it has verified it."""


@dataclass(slots=True, kw_only=True)
class KeyRing:
    """The provider's public keys, by their algorithm and id."""

    fetch: Callable[[], Awaitable[bytes]]
    """Reads the JWKS; raises `Unavailable`."""
    _keys: Mapping[tuple[str, str], PublicKey] = field(default_factory=dict)
    _read_at: datetime | None = None
    _tried_at: datetime | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def find(self, algorithm: str, kid: str, now: datetime) -> PublicKey | None:
        """Return a key; one that is unknown is looked for at the provider, not more often than every half minute.

        Raises
        ------
        Unavailable
            When the provider's keys cannot be read, and were not for a day.
        """
        if not self._is_known(algorithm, kid, now):
            async with self._lock:
                if not self._is_known(algorithm, kid, now):
                    await self._look_up(now)
        if self._read_at is None or now - self._read_at > STALE:
            raise Unavailable("The identity provider's keys cannot be read right now; try again in a minute.")
        return self._keys.get((algorithm, kid))

    def _is_known(self, algorithm: str, kid: str, now: datetime) -> bool:
        is_fresh = self._read_at is not None and now - self._read_at <= FRESH
        return is_fresh and (algorithm, kid) in self._keys

    async def _look_up(self, now: datetime) -> None:
        if self._tried_at is not None and now - self._tried_at < PAUSE:
            return
        self._tried_at = now
        try:
            self._keys = read_keys(await self.fetch())
        except (Unavailable, ValueError) as error:
            log.warning("sign_in.keys_unread", extra={"cause": str(error)})
            return
        self._read_at = now


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What is needed to believe an identity provider's token."""

    issuer: str
    audience: str
    ring: KeyRing | None = None
    """Keys of RS256 and ES256."""
    secret: bytes | None = field(default=None, repr=False)
    """The key of HS256, which is taken for nothing else, and without which HS256 is refused."""

    async def identify(self, token: str, now: datetime) -> Identity:
        """Say whom a token names.

        Raises
        ------
        Unauthenticated
            When it is not valid here and now; the message does not say why.
        Unavailable
            When the provider's keys cannot be read.
        """
        algorithm, key = await self._key(_header(token), now)
        options: Options = {
            "require": ["exp", "sub", "aud", "iss"],
            "verify_exp": False,
            "verify_nbf": False,
            "verify_iat": False,
        }
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self.audience,
                issuer=self.issuer,
                options=options,
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise Unauthenticated(NOT_OURS) from error
        _require_now(claims, now)
        return self._identity(claims)

    async def _key(self, header: Mapping[str, Any], now: datetime) -> tuple[str, PublicKey | bytes]:
        """Choose the key by the algorithm, never the algorithm by the key."""
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm == "HS256" and self.secret is not None:
            return "HS256", self.secret
        if algorithm not in _FORMS or self.ring is None or not isinstance(kid, str):
            raise Unauthenticated(NOT_OURS)
        key = await self.ring.find(algorithm, kid, now)
        if key is None:
            raise Unauthenticated(NOT_OURS)
        return algorithm, key

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        subject, email = claims["sub"], claims.get("email")
        if not isinstance(subject, str) or not 0 < len(subject) <= 255 or claims.get("is_anonymous") is True:
            raise Unauthenticated(NOT_OURS)
        address = email if isinstance(email, str) and len(email) <= 254 else None
        # What stands in `user_metadata`, users write themselves.
        is_verified = claims.get("email_verified") is True
        return Identity(
            subject=f"{self.issuer} {subject}",
            name=address or subject,
            email=address if is_verified and address else None,
        )


def read_keys(content: bytes) -> Mapping[tuple[str, str], PublicKey]:
    """Read a JWKS: the keys that can verify RS256 and ES256; others are left out.

    Raises
    ------
    ValueError
        When it is none.
    """
    document = json.loads(content)
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("There is no list of keys in it.")  # noqa: TRY004  what is wrong is the text
    return {name: key for entry in listed[:_MOST_KEYS] for name, key in _read_key(entry)}


def _read_key(entry: object) -> Sequence[tuple[tuple[str, str], PublicKey]]:
    if (
        not isinstance(entry, dict)
        or entry.get("use", "sig") != "sig"
        or not isinstance(entry.get("kid"), str)
    ):
        return ()
    algorithm = next((name for name, form in _FORMS.items() if entry.get("kty") == form), None)
    if algorithm is None or entry.get("alg", algorithm) != algorithm:
        return ()
    public = {name: value for name, value in entry.items() if name not in _PRIVATE}
    try:
        key = jwt.PyJWK(public, algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return ()
    return [((algorithm, entry["kid"]), key)] if _is_strong(key) else ()


_FORMS = {"RS256": "RSA", "ES256": "EC"}
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


def _is_strong(key: object) -> bool:
    if isinstance(key, RSAPublicKey):
        return key.key_size >= _LEAST_RSA
    return isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)


def _header(token: str) -> Mapping[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise Unauthenticated(NOT_OURS) from error
    if "crit" in header:
        raise Unauthenticated(NOT_OURS)
    return header


def _require_now(claims: Mapping[str, Any], now: datetime) -> None:
    """Require that the token is valid at a moment; raises `Unauthenticated`."""
    early, late = (now - LEEWAY).timestamp(), (now + LEEWAY).timestamp()
    times = {name: claims[name] for name in ("exp", "nbf", "iat") if name in claims}
    are_numbers = all(isinstance(at, int | float) and not isinstance(at, bool) for at in times.values())
    if (
        not are_numbers
        or not early < times["exp"]
        or not all(times.get(n, 0) <= late for n in ("nbf", "iat"))
    ):
        raise Unauthenticated(NOT_OURS)
