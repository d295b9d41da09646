"""Webhooks, pauses, questions and lines of reruns; keys that are named and seen; what is trimmed."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = """
ALTER TABLE task ADD COLUMN cancel_by INTEGER;
ALTER TABLE task ADD COLUMN pause_requested_at INTEGER;
ALTER TABLE task ADD COLUMN question TEXT;
ALTER TABLE task ADD COLUMN line_id TEXT;
ALTER TABLE task ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE task ADD COLUMN events_from INTEGER NOT NULL DEFAULT 1;

CREATE UNIQUE INDEX task_line ON task (line_id, revision) WHERE line_id IS NOT NULL;
CREATE INDEX task_line_active ON task (line_id, revision) WHERE line_id IS NOT NULL AND finished_at IS NULL;
CREATE INDEX task_of_resource ON task (resource_id, resource_revision) WHERE resource_id IS NOT NULL;
CREATE INDEX task_active ON task (workspace, visibility, kind, status, updated_at, finished_at)
    WHERE finished_at IS NULL;
CREATE INDEX task_untrimmed ON task (finished_at) WHERE finished_at IS NOT NULL AND events_from < version;

INSERT INTO counter (workspace, noun, value)
    SELECT workspace, 'active tasks', count(*) FROM task
    WHERE parent_id IS NULL AND finished_at IS NULL GROUP BY workspace;

ALTER TABLE access_key ADD COLUMN name TEXT;
ALTER TABLE access_key ADD COLUMN last_used_at INTEGER;
CREATE INDEX access_key_of_workspace ON access_key (workspace, created_at);

CREATE INDEX reservation_age ON reservation (created_at);

CREATE TABLE webhook_endpoint (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    workspace TEXT NOT NULL,
    task_id TEXT,
    url TEXT,
    receiver TEXT,
    description TEXT,
    dialect TEXT NOT NULL,
    version INTEGER NOT NULL,
    last_number INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    due_at INTEGER,
    failing_since INTEGER,
    disabled_at INTEGER,
    disabled_reason TEXT,
    deleted_at INTEGER
) STRICT;

CREATE INDEX webhook_endpoint_of_workspace ON webhook_endpoint (workspace, seq)
    WHERE deleted_at IS NULL AND task_id IS NULL;
CREATE INDEX webhook_endpoint_of_task ON webhook_endpoint (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX webhook_endpoint_due ON webhook_endpoint ((failing_since IS NOT NULL), due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_endpoint_quiet ON webhook_endpoint (seq) WHERE url IS NULL OR disabled_at IS NOT NULL;
CREATE INDEX webhook_endpoint_deleted ON webhook_endpoint (seq) WHERE deleted_at IS NOT NULL;

CREATE TABLE webhook_interest (
    scope TEXT NOT NULL,
    type TEXT NOT NULL,
    endpoint INTEGER NOT NULL REFERENCES webhook_endpoint (seq),
    PRIMARY KEY (scope, type, endpoint)
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_interest_of_endpoint ON webhook_interest (endpoint);

CREATE TABLE webhook_secret (
    endpoint INTEGER NOT NULL REFERENCES webhook_endpoint (seq),
    version INTEGER NOT NULL,
    sealed TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (endpoint, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    endpoint INTEGER NOT NULL REFERENCES webhook_endpoint (seq),
    number INTEGER NOT NULL,
    task INTEGER REFERENCES task (seq),
    event INTEGER NOT NULL,
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    attempts_in_all INTEGER NOT NULL,
    body BLOB,
    created_at INTEGER NOT NULL,
    due_at INTEGER,
    is_taken INTEGER NOT NULL,
    finished_at INTEGER
) STRICT;

CREATE UNIQUE INDEX delivery_listed ON delivery (endpoint, number);
CREATE INDEX delivery_due ON delivery (endpoint, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX delivery_up ON delivery (endpoint, task) WHERE due_at IS NOT NULL;
CREATE INDEX delivery_taken ON delivery (seq) WHERE is_taken = 1;
CREATE INDEX delivery_open ON delivery (endpoint, task, event) WHERE status = 'pending';
CREATE INDEX delivery_exhausted ON delivery (endpoint, number) WHERE status = 'exhausted';
CREATE INDEX delivery_of_task ON delivery (task, event) WHERE task IS NOT NULL;
CREATE INDEX delivery_finished ON delivery (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE delivery_attempt (
    delivery INTEGER NOT NULL REFERENCES delivery (seq),
    number INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    duration INTEGER NOT NULL,
    status_code INTEGER,
    error TEXT,
    answer TEXT NOT NULL,
    PRIMARY KEY (delivery, number)
) STRICT, WITHOUT ROWID;
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)
