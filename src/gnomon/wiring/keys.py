"""keys.json: what the owner of a data folder needs to be let in, and to check what the server sends."""

import json
import os
from pathlib import Path

from gnomon.core.access import KeyRole
from gnomon.core.service.access import Founded


def write_keys(file: Path, founded: Founded) -> None:
    """Write the keys and the webhook secret of a new workspace."""
    keys = {
        "workspace": founded.workspace.identifier,
        "workspace_api_key": founded.keys[KeyRole.WORKSPACE],
        "user_api_key": founded.keys[KeyRole.USER],
        "api_key": founded.keys[KeyRole.API],
        "webhook_secret": founded.webhook_secret,
    }
    write_private(file, json.dumps(keys, indent=2) + "\n")


def add_webhook_secret(file: Path, secret: str) -> None:
    """Add the webhook secret to a file of keys; one that is not there, or holds something else, stays as it is."""
    try:
        keys = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return
    if isinstance(keys, dict):
        write_private(file, json.dumps(keys | {"webhook_secret": secret}, indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with open(draft, "x", opener=lambda p, flags: os.open(p, flags, 0o600)) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
