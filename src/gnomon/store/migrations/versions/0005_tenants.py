"""Organizations, users, their roles, invites; workspaces that can be deleted; keys that belong to users."""

from alembic import op

revision = "0005"
down_revision = "0004"

# Ids are derived, because SQL has no chance of the right kind: they are no secrets. A key without the scope to make
# others was never its workspace's owner, and does not become it.
STATEMENTS = """
CREATE TABLE organization (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE person (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    email TEXT,
    subject TEXT,
    created_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX person_subject ON person (subject) WHERE subject IS NOT NULL;
CREATE INDEX webhook_endpoint_standing ON webhook_endpoint (workspace) WHERE deleted_at IS NULL;
CREATE INDEX person_email ON person (email) WHERE email IS NOT NULL;

CREATE TABLE member (
    workspace TEXT NOT NULL REFERENCES workspace (id),
    person TEXT NOT NULL REFERENCES person (id),
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, person)
) STRICT, WITHOUT ROWID;

CREATE INDEX member_of_person ON member (person);

CREATE TABLE organization_member (
    organization TEXT NOT NULL REFERENCES organization (id),
    person TEXT NOT NULL REFERENCES person (id),
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (organization, person)
) STRICT, WITHOUT ROWID;

CREATE INDEX organization_member_of_person ON organization_member (person);

CREATE TABLE invite (
    id TEXT NOT NULL PRIMARY KEY,
    organization TEXT NOT NULL REFERENCES organization (id),
    workspace TEXT NOT NULL REFERENCES workspace (id),
    role TEXT NOT NULL,
    email TEXT,
    hash TEXT NOT NULL UNIQUE,
    invited_by TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    accepted_at INTEGER,
    accepted_by TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX invite_open ON invite (organization, expires_at) WHERE accepted_at IS NULL;
CREATE INDEX invite_accepted ON invite (accepted_by) WHERE accepted_by IS NOT NULL;
CREATE INDEX invite_of_workspace ON invite (workspace) WHERE accepted_at IS NULL;

ALTER TABLE workspace ADD COLUMN organization TEXT NOT NULL DEFAULT '';
ALTER TABLE workspace ADD COLUMN deleted_at INTEGER;
CREATE INDEX workspace_of_organization ON workspace (organization, number) WHERE deleted_at IS NULL;
CREATE INDEX workspace_deleted ON workspace (id) WHERE deleted_at IS NOT NULL;

ALTER TABLE access_key ADD COLUMN person TEXT;
CREATE INDEX access_key_of_person ON access_key (person) WHERE person IS NOT NULL;

INSERT INTO organization (id, name, created_at)
    SELECT 'org_' || substr(id, 5), identifier, created_at FROM workspace ORDER BY number;
UPDATE workspace SET organization = 'org_' || substr(id, 5);

INSERT INTO person (id, name, created_at)
    SELECT 'usr_' || public_id, coalesce(name, 'uk_live_' || public_id), created_at
    FROM access_key WHERE role = 'uk' AND revoked_at IS NULL ORDER BY created_at, public_id;
UPDATE access_key SET person = 'usr_' || public_id WHERE role = 'uk' AND revoked_at IS NULL;
INSERT INTO member (workspace, person, role, created_at)
    SELECT workspace, person, CASE
        WHEN ' ' || scopes || ' ' LIKE '% keys %' THEN 'owner'
        WHEN ' ' || scopes || ' ' LIKE '% hooks %' THEN 'admin'
        WHEN ' ' || scopes || ' ' LIKE '% write %' OR ' ' || scopes || ' ' LIKE '% cancel %' THEN 'member'
        ELSE 'viewer' END, created_at
    FROM access_key WHERE person IS NOT NULL;
INSERT INTO organization_member (organization, person, role, created_at)
    SELECT workspace.organization, member.person, member.role, member.created_at
    FROM member JOIN workspace ON workspace.id = member.workspace;
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)
