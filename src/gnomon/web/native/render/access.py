"""Keys and workspaces to JSON; a key's text appears in the answer that issues it and nowhere else."""

from collections.abc import Sequence

from gnomon.core.access import Key, Ticket, Workspace
from gnomon.core.service.access import Founded, Issued
from gnomon.core.task import Json
from gnomon.web.moment import moment


def key(record: Key) -> dict[str, Json]:
    """Write a key's record."""
    return {
        "id": record.public_id,
        "prefix": record.prefix,
        "name": record.name,
        "role": record.role.name.lower(),
        "user_id": record.user_id,
        "scopes": sorted(record.scopes),
        "created_at": moment(record.created_at),
        "expires_at": moment(record.expires_at),
        "revoked_at": moment(record.revoked_at),
        "last_used_at": moment(record.last_used_at),
    }


def keys(records: Sequence[Key]) -> Json:
    """Write a workspace's keys."""
    return {"keys": [key(record) for record in records]}


def issued(made: Issued) -> Json:
    """Write a new key with its text."""
    return {**key(made.key), "secret": made.text}


def workspace(record: Workspace) -> Json:
    """Write a workspace."""
    return {
        "id": record.id,
        "number": record.number,
        "identifier": record.identifier,
        "created_at": moment(record.created_at),
    }


def workspaces(records: Sequence[Workspace]) -> Json:
    """Write all workspaces."""
    return {"workspaces": [workspace(record) for record in records]}


def founded(made: Founded) -> Json:
    """Write a new workspace with the texts of its keys and its webhook secret."""
    texts = {role.name.lower(): text for role, text in made.keys.items()}
    return {"workspace": workspace(made.workspace), "keys": texts, "webhook_secret": made.webhook_secret}


def ticket(record: Ticket, version: int, text: str, stream: str) -> Json:
    """Write a ticket and where it is good for a stream."""
    return {
        "ticket": text,
        "task_id": record.task_id,
        "version": version,
        "expires_at": moment(record.expires_at),
        "url": f"{stream}?ticket={text}",
    }
