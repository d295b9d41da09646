"""Groups; metadata, the words of the door and secrets of tasks; the workspaces' webhook secrets; guessed keys."""

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = """
ALTER TABLE task ADD COLUMN metadata TEXT;
ALTER TABLE task ADD COLUMN origin TEXT;
ALTER TABLE task ADD COLUMN group_id TEXT;
ALTER TABLE task ADD COLUMN group_number INTEGER;
ALTER TABLE task ADD COLUMN rested_number INTEGER;
ALTER TABLE task_input ADD COLUMN wording TEXT;
ALTER TABLE task_input ADD COLUMN sealed TEXT;

CREATE UNIQUE INDEX task_of_group ON task (group_id, group_number) WHERE group_id IS NOT NULL;
CREATE INDEX task_of_group_listed ON task (group_id, created_at, number) WHERE group_id IS NOT NULL;
CREATE INDEX task_of_group_by_status ON task (group_id, status, group_number) WHERE group_id IS NOT NULL;
CREATE INDEX task_rested ON task (group_id, rested_number) WHERE rested_number IS NOT NULL;

CREATE TABLE task_metadata (
    tagged_in TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    tagged_at INTEGER NOT NULL,
    tagged_number INTEGER NOT NULL,
    task INTEGER NOT NULL REFERENCES task (seq),
    PRIMARY KEY (tagged_in, name, value, tagged_at, tagged_number)
) STRICT, WITHOUT ROWID;

CREATE TABLE task_group (
    id TEXT NOT NULL PRIMARY KEY,
    workspace TEXT NOT NULL,
    metadata TEXT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE task_group_count (
    group_id TEXT NOT NULL REFERENCES task_group (id),
    status TEXT NOT NULL,
    is_started INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (group_id, status, is_started)
) STRICT, WITHOUT ROWID;

CREATE TABLE workspace_secret (
    workspace TEXT NOT NULL REFERENCES workspace (id),
    version INTEGER NOT NULL,
    sealed TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (workspace, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE guess (
    workspace TEXT NOT NULL,
    key TEXT NOT NULL,
    tries INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    made_id TEXT NOT NULL,
    PRIMARY KEY (workspace, key, tries, created_at, made_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX guess_age ON guess (created_at);
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)
