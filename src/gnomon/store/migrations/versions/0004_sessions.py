"""Sessions and schedules; who asked for a pause or a cancel; what a task has used; questions that lapse."""

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = """
ALTER TABLE task ADD COLUMN session_id TEXT;
ALTER TABLE task ADD COLUMN session_turn INTEGER;
ALTER TABLE task ADD COLUMN session_first INTEGER;
ALTER TABLE task ADD COLUMN schedule_id TEXT;
ALTER TABLE task ADD COLUMN scheduled_for INTEGER;
ALTER TABLE task ADD COLUMN pause_told TEXT;
ALTER TABLE task ADD COLUMN cancel_told TEXT;
ALTER TABLE task ADD COLUMN used_calls INTEGER;
ALTER TABLE task ADD COLUMN used_input INTEGER;
ALTER TABLE task ADD COLUMN used_output INTEGER;
ALTER TABLE task ADD COLUMN used_cost REAL;
ALTER TABLE task ADD COLUMN used_engine TEXT;
ALTER TABLE task ADD COLUMN answer_by INTEGER;

CREATE UNIQUE INDEX task_of_session ON task (workspace, session_id, session_turn) WHERE session_id IS NOT NULL;
CREATE INDEX task_of_schedule ON task (schedule_id) WHERE schedule_id IS NOT NULL;
CREATE INDEX task_of_schedule_standing ON task (schedule_id, status) WHERE schedule_id IS NOT NULL;
CREATE INDEX task_of_session_listed ON task (workspace, session_id, created_at, number) WHERE session_id IS NOT NULL;
CREATE INDEX task_of_session_told ON task (workspace, session_id, kind, session_turn)
    WHERE session_id IS NOT NULL AND status = 'completed';
CREATE INDEX task_unanswered ON task (answer_by) WHERE answer_by IS NOT NULL;
CREATE INDEX task_told ON task_event (task, number) WHERE type = 'task.told';

CREATE TABLE session (
    workspace TEXT NOT NULL,
    id TEXT NOT NULL,
    number INTEGER NOT NULL,
    title TEXT,
    context TEXT,
    turns INTEGER NOT NULL,
    first_turn INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX session_listed ON session (workspace, updated_at, number) WHERE deleted_at IS NULL;

CREATE TABLE schedule (
    id TEXT NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL,
    workspace TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    cron TEXT NOT NULL,
    timezone TEXT NOT NULL,
    status TEXT NOT NULL,
    task TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    next_at INTEGER,
    last_at INTEGER,
    skipped INTEGER NOT NULL,
    skip_cause TEXT,
    pause_told TEXT,
    deleted_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX schedule_due ON schedule (next_at) WHERE status = 'active' AND deleted_at IS NULL;
CREATE INDEX schedule_ahead ON schedule (last_at) WHERE status = 'active' AND deleted_at IS NULL;
CREATE INDEX schedule_listed ON schedule (workspace, number) WHERE deleted_at IS NULL;
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)
