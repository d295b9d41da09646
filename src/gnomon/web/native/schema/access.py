"""Keys, workspaces and stream tickets."""

from typing import Any

from gnomon.core.access import ALL_SCOPES, KeyRole
from gnomon.web.forms import (
    COUNT,
    MOMENT,
    TEXT,
    Schema,
    many,
    maybe,
    named,
    record,
    told,
    words,
)

_KEY_EXAMPLE: dict[str, Any] = {
    "id": "06ed9jg3bcq8",
    "prefix": "gn_live_06ed9jg3bcq8",
    "name": "nightly yield reports",
    "role": "api",
    "user_id": None,
    "scopes": ["read", "write"],
    "created_at": "2026-01-31T12:00:00.000000Z",
    "expires_at": None,
    "revoked_at": None,
    "last_used_at": "2026-02-01T01:30:00.000000Z",
}
_KEY: dict[str, Schema] = {
    "id": TEXT,
    "prefix": told(TEXT, "The part of the key that is no secret."),
    "name": maybe(TEXT),
    "role": words(role.name.lower() for role in KeyRole),
    "user_id": told(maybe(TEXT), "Whose key it is; null for one of the workspace itself."),
    "scopes": {"type": "array", "items": words(sorted(ALL_SCOPES))},
    "created_at": MOMENT,
    "expires_at": told(maybe(MOMENT), "When it is valid no more, unless it is revoked before."),
    "revoked_at": maybe(MOMENT),
    "last_used_at": told(maybe(MOMENT), "To the minute."),
}
_SECRET = told(TEXT, "The whole key. It is shown now and never again: only its hash is kept.")
_WORKSPACE_EXAMPLE = {
    "id": "wsp_5230981274598123451",
    "number": 2,
    "identifier": "north-branch",
    "created_at": "2026-01-31T12:00:00.000000Z",
}
_URL = "/gnomon/v1/tasks/tsk_06ed9jg3bcq8zj7x5v1m2n3p4r/stream?ticket=<ticket>"

SCHEMAS: dict[str, Schema] = {
    "Key": record(_KEY, _KEY_EXAMPLE),
    "KeyList": record({"keys": many("Key")}, {"keys": [_KEY_EXAMPLE]}),
    "IssuedKey": record(
        {**_KEY, "secret": _SECRET},
        {**_KEY_EXAMPLE, "last_used_at": None, "secret": "gn_live_06ed9jg3bcq8_<46 letters>"},
    ),
    "Workspace": record(
        {"id": TEXT, "number": COUNT, "identifier": TEXT, "created_at": MOMENT}, _WORKSPACE_EXAMPLE
    ),
    "WorkspaceList": record({"workspaces": many("Workspace")}, {"workspaces": [_WORKSPACE_EXAMPLE]}),
    "WorkspaceKeys": told(
        record({"workspace": TEXT, "user": TEXT, "api": TEXT}),
        "One key of each role, shown now and never again.",
    ),
    "FoundedWorkspace": record(
        {
            "workspace": named("Workspace"),
            "keys": named("WorkspaceKeys"),
            "webhook_secret": told(TEXT, "What its webhooks are signed with (Standard Webhooks)."),
        },
        {
            "workspace": _WORKSPACE_EXAMPLE,
            "keys": {"workspace": "wk_live_<...>", "user": "uk_live_<...>", "api": "gn_live_<...>"},
            "webhook_secret": "whsec_<44 letters>",
        },
    ),
    "StreamTicket": record(
        {
            "ticket": told(TEXT, "Good for one stream of this task, once, for a minute."),
            "task_id": TEXT,
            "version": told(COUNT, "The task's version."),
            "expires_at": MOMENT,
            "url": told(TEXT, "The stream with the ticket: what an EventSource takes."),
        },
        {
            "ticket": "<ticket>",
            "task_id": "tsk_06ed9jg3bcq8zj7x5v1m2n3p4r",
            "version": 4,
            "expires_at": "2026-01-31T12:01:00.000000Z",
            "url": _URL,
        },
    ),
}
