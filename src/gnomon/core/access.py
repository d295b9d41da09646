"""Who may ask: workspaces, principals, keys. A key is shown once and stored as a keyed hash."""

import hashlib
import hmac
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from gnomon.core.schedule import MOST_SCHEDULES
from gnomon.core.task import crockford

SCANNER_PATTERN = r"\b(?:wk|uk|gn)_live_[0-9a-z]{12}_[0-9a-z]{46}\b"
"""What secret scanners may search for."""

_SECRET_LENGTH = 39  # 195 of the 195 bits that 39 letters of base 32 hold; at least 160 are asked for
_CHECKSUM_LENGTH = 7


class KeyRole(StrEnum):
    """What a key stands for; its value is the key's prefix."""

    WORKSPACE = "wk"
    USER = "uk"
    API = "gn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A tenant: nothing of one is visible to another."""

    id: str
    number: int
    identifier: str
    created_at: datetime
    organization_id: str = ""
    """Whom it belongs to; a new workspace without one gets one of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A stored key: found by its public part, checked against its hash."""

    public_id: str
    role: KeyRole
    workspace: str
    hash: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    name: str | None = None
    last_used_at: datetime | None = None
    """To the minute."""
    user_id: str | None = None
    """Whose key it is: it can do no more than its user's role allows; None for a key of the workspace itself."""

    def is_valid_at(self, now: datetime) -> bool:
        """Say whether the key may be used now."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    @property
    def prefix(self) -> str:
        """Return the part of the key that is no secret: it names the key in a list or a log."""
        return f"{self.role}_live_{self.public_id}"

    @property
    def title(self) -> str:
        """Return what people call the key: its name, or its prefix."""
        return self.name or self.prefix


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks, after the key was checked."""

    workspace: str
    key_id: str
    scopes: frozenset[str]
    key_ids: tuple[str, ...] = ()
    """All keys that stand behind it; when one is revoked, what it has open ends."""
    expires_at: datetime | None = None
    """When the first of them, or the token that names them, is valid no more, as far as is known now."""
    name: str | None = None
    """What doors call it: its key's name, or the part of the key that is no secret; None when nobody is known."""
    user_id: str | None = None
    """The user behind it; none behind a key of the workspace itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Lets its holder open one stream of one task, once and soon: for a browser, which can send no header."""

    name: str
    """Unguessable, and used once."""
    workspace: str
    task_id: str
    key_ids: tuple[str, ...]
    """The keys that it was issued on: none without a key."""
    user_id: str | None = None
    """The user it was issued to, when there was one without a key."""
    expires_at: datetime


ALL_SCOPES = frozenset({"read", "write", "cancel", "hooks", "keys", "ops"})
"""`ops` is the operator's: it sees and makes workspaces, and only keys of the first workspace carry it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one workspace or key may have; None: as much as it likes."""

    active_tasks: int | None = None
    """Tasks of a workspace that have not ended, children not counted."""
    endpoints: int | None = 100
    """Webhook endpoints of a workspace."""
    streams: int | None = 1000
    """Event streams that a key has open at the same time."""
    waits: int | None = 1000
    """Blocking waits that a key has open at the same time."""
    requests: int | None = None
    """Requests of a key in a minute."""
    schedules: int | None = MOST_SCHEDULES
    """Schedules of a workspace."""
    workspaces: int | None = 100
    """Workspaces of an organization; operators make more."""
    schedule_spacing: timedelta = timedelta(minutes=1)
    """The least that may lie between two times of a schedule."""


def can_manage_keys(keys: Iterable[Key], at: datetime) -> bool:
    """Say whether keys can still be issued with these: by an API key, or by a pair that is good for a token."""
    roles = {key.role for key in keys if key.is_valid_at(at) and "keys" in key.scopes}
    return KeyRole.API in roles or {KeyRole.WORKSPACE, KeyRole.USER} <= roles


def mint(role: KeyRole, *, public_chance: int, secret_chance: int) -> str:
    """Write a key: `<role>_live_<12 public>_<39 secret><7 checksum>`."""
    public = crockford(public_chance & (1 << 60) - 1, 12)
    secret = crockford(secret_chance & (1 << 195) - 1, _SECRET_LENGTH)
    head = f"{role}_live_{public}_{secret}"
    return head + _checksum(head)


def public_id(key: str) -> str | None:
    """Return the public part of a well-formed key, or None: a mistyped key needs no look-up."""
    parts = key.split("_")
    if len(parts) != 4 or parts[0] not in set(KeyRole) or parts[1] != "live":
        return None
    if len(parts[2]) != 12 or len(parts[3]) != _SECRET_LENGTH + _CHECKSUM_LENGTH:
        return None
    head, checksum = key[:-_CHECKSUM_LENGTH], key[-_CHECKSUM_LENGTH:]
    if not key.isascii() or not hmac.compare_digest(_checksum(head), checksum):
        return None
    return parts[2]


def hash_key(key: str, pepper: bytes) -> str:
    """Return the keyed hash that is stored; a fast one will do, because the secret is 195 random bits."""
    return hmac.new(pepper, key.encode(), hashlib.sha256).hexdigest()


def _checksum(head: str) -> str:
    return crockford(zlib.crc32(head.encode()), _CHECKSUM_LENGTH)
