"""The first tables: tasks with their events, attempts and steps; resources; access; blobs."""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = """
CREATE TABLE counter (
    workspace TEXT NOT NULL,
    noun TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (workspace, noun)
) STRICT, WITHOUT ROWID;

CREATE TABLE workspace (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    identifier TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE access_key (
    public_id TEXT NOT NULL PRIMARY KEY,
    role TEXT NOT NULL,
    workspace TEXT NOT NULL REFERENCES workspace (id),
    hash TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE resource (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    workspace TEXT NOT NULL,
    kind TEXT NOT NULL,
    number INTEGER NOT NULL,
    name TEXT,
    revision INTEGER NOT NULL,
    document_revision INTEGER NOT NULL,
    latest_task_id TEXT,
    latest_task_revision INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    origin_task_id TEXT,
    origin_key TEXT,
    deleted_at INTEGER,
    UNIQUE (workspace, kind, number)
) STRICT;

CREATE UNIQUE INDEX resource_origin ON resource (origin_task_id, origin_key) WHERE origin_task_id IS NOT NULL;

CREATE TABLE resource_revision (
    resource INTEGER NOT NULL REFERENCES resource (seq),
    revision INTEGER NOT NULL,
    document TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (resource, revision)
) STRICT;

CREATE TABLE resource_link (
    target_id TEXT NOT NULL,
    resource INTEGER NOT NULL REFERENCES resource (seq),
    PRIMARY KEY (target_id, resource)
) STRICT, WITHOUT ROWID;

CREATE INDEX resource_link_source ON resource_link (resource);

CREATE TABLE task (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    number INTEGER NOT NULL,
    workspace TEXT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    phase TEXT NOT NULL,
    stage TEXT,
    progress REAL NOT NULL,
    version INTEGER NOT NULL,
    visibility TEXT NOT NULL,
    parent_id TEXT,
    position INTEGER,
    predecessor_id TEXT,
    resource_id TEXT,
    resource_revision INTEGER,
    attempt INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    losses INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    max_lost INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    updated_at INTEGER NOT NULL,
    run_at INTEGER,
    deadline_at INTEGER,
    cancel_requested_at INTEGER,
    cancel_outcome TEXT,
    error TEXT,
    ready INTEGER NOT NULL,
    due_at INTEGER,
    lease_until INTEGER,
    open_children INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX task_number ON task (workspace, number);
CREATE INDEX task_listed ON task (workspace, visibility, created_at, number);
CREATE INDEX task_by_status ON task (workspace, visibility, status, created_at, number);
CREATE INDEX task_by_kind ON task (workspace, visibility, kind, created_at, number);
CREATE UNIQUE INDEX task_child ON task (parent_id, position) WHERE parent_id IS NOT NULL;
CREATE INDEX task_successor ON task (predecessor_id) WHERE predecessor_id IS NOT NULL;
CREATE INDEX task_ready ON task (kind, priority DESC, seq) WHERE ready = 1;
CREATE INDEX task_due ON task (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX task_lease ON task (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX task_deadline ON task (deadline_at) WHERE deadline_at IS NOT NULL AND finished_at IS NULL;

CREATE TABLE task_input (
    task INTEGER PRIMARY KEY REFERENCES task (seq),
    input TEXT,
    pins TEXT
) STRICT;

CREATE TABLE task_result (
    task INTEGER PRIMARY KEY REFERENCES task (seq),
    result TEXT NOT NULL
) STRICT;

CREATE TABLE task_split (
    task INTEGER PRIMARY KEY REFERENCES task (seq),
    state TEXT NOT NULL,
    on_child_failure TEXT NOT NULL,
    error TEXT
) STRICT;

CREATE TABLE task_event (
    task INTEGER NOT NULL REFERENCES task (seq),
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (task, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE task_attempt (
    task INTEGER NOT NULL REFERENCES task (seq),
    number INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    worker TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    outcome TEXT,
    error TEXT,
    PRIMARY KEY (task, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE task_step (
    task INTEGER NOT NULL REFERENCES task (seq),
    key TEXT NOT NULL,
    result TEXT NOT NULL,
    PRIMARY KEY (task, key)
) STRICT;

CREATE TABLE reservation (
    workspace TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    made_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE blob_link (
    sha256 TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    PRIMARY KEY (sha256, owner_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX blob_link_owner ON blob_link (owner_id);
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)
