"""Users, and their roles in workspaces and organizations."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from gnomon.core.access import Workspace
from gnomon.core.errors import Conflict, NotFound
from gnomon.core.tenancy import Member, Organization, Place, Role, User
from gnomon.store.ledger import Ledger
from gnomon.store.row import Row, micros, moment

_TABLES: dict[Place, str] = {"workspace": "member", "organization": "organization_member"}
_USER = "person.id, person.number, person.name, person.created_at, person.email, person.subject"
_ORGANIZATION = "id, number, name, created_at"


def add_organization(ledger: Ledger, workspace: Workspace) -> None:
    """Store a new workspace's organization, if it is new."""
    ledger.execute(
        "INSERT INTO organization (id, name, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (workspace.organization_id, workspace.identifier, micros(workspace.created_at)),
    )


def settle_members(ledger: Ledger, workspace: Workspace, owner: User | None) -> None:
    """Let somebody own a new workspace; the other owners of its organization become its admins.

    Where nobody is named, they own it.
    """
    now, others = workspace.created_at, Role.OWNER if owner is None else Role.ADMIN
    for member in list_members(ledger.connection, "organization", workspace.organization_id):
        if member.role is Role.OWNER:
            put(ledger, "workspace", workspace.id, member.user.id, others, now)
    if owner is not None:
        add_user(ledger, owner)
        put(ledger, "workspace", workspace.id, owner.id, Role.OWNER, now)
        if not list_members(ledger.connection, "organization", workspace.organization_id):
            put(ledger, "organization", workspace.organization_id, owner.id, Role.OWNER, now)


def dismiss_all(ledger: Ledger, workspace: str) -> None:
    """Let a workspace have no members any more, and nobody become one."""
    ledger.execute("DELETE FROM member WHERE workspace = ?", (workspace,))
    ledger.execute("DELETE FROM invite WHERE workspace = ? AND accepted_at IS NULL", (workspace,))


def find_organization(connection: sqlite3.Connection, organization: str) -> Organization | None:
    """Return an organization."""
    row = connection.execute(
        f"SELECT {_ORGANIZATION} FROM organization WHERE id = ?", (organization,)
    ).fetchone()
    return None if row is None else _organization_of(row)


def rename_organization(ledger: Ledger, organization: str, name: str) -> Organization:
    """Give an organization another name; raises `NotFound`."""
    row = ledger.row(
        f"UPDATE organization SET name = ? WHERE id = ? RETURNING {_ORGANIZATION}", name, organization
    )
    if row is None:
        raise NotFound("There is no such organization.")
    return _organization_of(row)


def add_user(ledger: Ledger, user: User) -> User:
    """Store a user under the next number; one that is there already stays as it is.

    Raises
    ------
    Conflict
        When another user has the subject.
    """
    ledger.execute(
        "INSERT INTO person (id, name, email, subject, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (user.id, user.name, user.email, user.subject, micros(user.created_at)),
    )
    stored = find_user(ledger.connection, user.id)
    if stored is None:
        raise Conflict("Another user signs in so.")
    return stored


def find_user(connection: sqlite3.Connection, user_id: str) -> User | None:
    """Return the user of that id."""
    row = connection.execute(f"SELECT {_USER} FROM person WHERE id = ?", (user_id,)).fetchone()
    return None if row is None else _user_of(row)


def find_subject(connection: sqlite3.Connection, subject: str) -> User | None:
    """Return the user whom an identity provider calls so."""
    row = connection.execute(f"SELECT {_USER} FROM person WHERE subject = ?", (subject,)).fetchone()
    return None if row is None else _user_of(row)


def link_subject(ledger: Ledger, email: str, subject: str, now: datetime) -> User | None:
    """Let the one user who was invited at that address, and never signed in, sign in so; None without such a user.

    The user's keys end: somebody else may have accepted the invite.
    """
    if (known := find_subject(ledger.connection, subject)) is not None:
        return known
    found = ledger.execute(_INVITED, (email,)).fetchall()
    if len(found) != 1:
        return None
    ledger.execute("UPDATE person SET subject = ? WHERE id = ?", (subject, found[0][0]))
    ledger.execute(
        "UPDATE access_key SET revoked_at = ? WHERE person = ? AND revoked_at IS NULL",
        (micros(now), found[0][0]),
    )
    return find_subject(ledger.connection, subject)


_INVITED = """
SELECT person.id FROM person WHERE person.email = ? AND person.subject IS NULL AND EXISTS
(SELECT 1 FROM invite WHERE invite.accepted_by = person.id AND invite.email = person.email) LIMIT 2
"""


def list_members(connection: sqlite3.Connection, place: Place, place_id: str) -> Sequence[Member]:
    """List the users of a workspace or an organization, in the order in which they came to this server."""
    rows = connection.execute(f"{_select(place)} ORDER BY person.number", (place_id,))
    return [_member_of(row) for row in rows]


def find_member(connection: sqlite3.Connection, place: Place, place_id: str, user_id: str) -> Member | None:
    """Return a user in a workspace or an organization."""
    row = connection.execute(f"{_select(place)} AND person = ?", (place_id, user_id)).fetchone()
    return None if row is None else _member_of(row)


def put_member(
    ledger: Ledger, place: Place, place_id: str, user_id: str, role: Role, now: datetime, *, is_forced: bool
) -> Member:
    """Let a user have a role; raises `NotFound` and, when nobody would own the place any more, `Conflict`."""
    if find_user(ledger.connection, user_id) is None:
        raise NotFound("There is no such user.")
    if place == "workspace" and not is_open(ledger, place_id):
        raise NotFound("There is no such workspace.")
    if role is not Role.OWNER and not is_forced:
        _keep_an_owner(ledger, place, place_id, user_id)
    put(ledger, place, place_id, user_id, role, now)
    return get_member(ledger, place, place_id, user_id)


def remove_member(
    ledger: Ledger, place: Place, place_id: str, user_id: str, now: datetime, *, is_forced: bool
) -> Member:
    """Let a user be a member no more.

    The user's API keys of a workspace end, and the user keys when the user has no other workspace left. Who leaves an
    organization leaves its workspaces, and who leaves the last of these leaves it, but for its owners.

    Raises
    ------
    NotFound
        When the user is no member.
    Conflict
        When nobody would own the place any more, unless that is forced.
    """
    member = get_member(ledger, place, place_id, user_id)
    if not is_forced:
        _keep_an_owner(ledger, place, place_id, user_id)
    if place == "organization":
        for [workspace] in ledger.execute(_IN_ORGANIZATION, (place_id, user_id)).fetchall():
            remove_member(ledger, "workspace", workspace, user_id, now, is_forced=is_forced)
    ledger.execute(f"DELETE FROM {_TABLES[place]} WHERE {place} = ? AND person = ?", (place_id, user_id))
    if place == "workspace":
        ledger.execute(_END_KEYS, (micros(now), user_id, place_id))
        ledger.execute(_LEAVE_ORGANIZATION, (place_id, user_id))
    return member


_IN_ORGANIZATION = """
SELECT workspace.id FROM member CROSS JOIN workspace ON workspace.id = member.workspace AND organization = ?
WHERE person = ? AND deleted_at IS NULL
"""
_LEAVE_ORGANIZATION = """
DELETE FROM organization_member WHERE organization = (SELECT organization FROM workspace WHERE id = ?1)
AND person = ?2 AND role <> 'owner' AND NOT EXISTS
(SELECT 1 FROM member CROSS JOIN workspace ON workspace.id = member.workspace
 WHERE member.person = ?2 AND workspace.organization = organization_member.organization)
"""


_END_KEYS = """
UPDATE access_key SET revoked_at = ?1 WHERE person = ?2 AND revoked_at IS NULL AND CASE role
WHEN 'uk' THEN NOT EXISTS (SELECT 1 FROM member WHERE member.person = ?2) ELSE workspace = ?3 END
"""


def is_open(ledger: Ledger, workspace: str) -> bool:
    """Say whether there is such a workspace, and nobody has deleted it."""
    return ledger.row("SELECT 1 FROM workspace WHERE id = ? AND deleted_at IS NULL", workspace) is not None


def put(ledger: Ledger, place: Place, place_id: str, user_id: str, role: Role, now: datetime) -> None:
    """Let a user have a role, whatever it was before."""
    ledger.execute(
        f"INSERT INTO {_TABLES[place]} ({place}, person, role, created_at) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET role = excluded.role",
        (place_id, user_id, role.value, micros(now)),
    )


def _keep_an_owner(ledger: Ledger, place: Place, place_id: str, user_id: str) -> None:
    """Refuse to lose the last owner; raises `Conflict`."""
    owners = [m.user.id for m in list_members(ledger.connection, place, place_id) if m.role is Role.OWNER]
    if owners == [user_id]:
        raise Conflict(f"Without this user the {place} has no owner; make another one first, or force it.")


def get_member(ledger: Ledger, place: Place, place_id: str, user_id: str) -> Member:
    """Return a user in a workspace or an organization; raises `NotFound`."""
    member = find_member(ledger.connection, place, place_id, user_id)
    if member is None:
        raise NotFound("There is no such user.")
    return member


def _select(place: Place) -> str:
    table = _TABLES[place]
    return (
        f"SELECT {_USER}, {table}.{place}, {table}.role, {table}.created_at "
        f"FROM {table} CROSS JOIN person ON person.id = {table}.person WHERE {table}.{place} = ?"
    )


def _organization_of(row: Row) -> Organization:
    return Organization(id=row[0], number=row[1], name=row[2], created_at=moment(row[3]))


def _user_of(row: Row) -> User:
    return User(
        id=row[0], number=row[1], name=row[2], created_at=moment(row[3]), email=row[4], subject=row[5]
    )


def _member_of(row: Row) -> Member:
    return Member(user=_user_of(row), place=row[6], role=Role(row[7]), since=moment(row[8]))
