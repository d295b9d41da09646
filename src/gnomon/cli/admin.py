"""`gnomon admin`: workspaces, users and keys of a server that is stopped, for who has its data folder and no key."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gnomon.cli.helping import Sentences

if TYPE_CHECKING:
    from gnomon.core.access import Key
    from gnomon.core.delivery import Sealed
    from gnomon.wiring import Office

T = TypeVar("T")

_NEIGHBOURS = "POST /gnomon/v1/keys and its neighbours"
_SHOWN_AT = "GET /gnomon/v1/webhook-secret"

_DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("gnomon-data"),
    show_default=True,
    envvar="GNOMON_DATA",
    show_envvar=True,
    metavar="DIR",
    help="Folder of the server's database and secret.",
)
_WORKSPACE = click.option(
    "--workspace", default="default", show_default=True, metavar="NAME", help="The workspace's identifier."
)

_ROLES = ("owner", "admin", "member", "viewer")
_ROLE = click.option(
    "--role", type=click.Choice(_ROLES), default="member", show_default=True, help="What the user may do."
)
_FORCE = click.option("--force", is_flag=True, help="Do it even if nobody owns the workspace then.")


@click.group(
    cls=Sentences,
    epilog=f"While the server runs, use its API instead: {_NEIGHBOURS}.",
)
def admin() -> None:
    """Look after workspaces, users, keys and webhook secrets while the server is stopped."""


@admin.command()
@_DATA
def workspaces(data: Path) -> None:
    """List the workspaces."""
    for workspace in _with_office(data, lambda office: office.list_workspaces()):
        click.echo(f"{workspace.number}\t{workspace.identifier}\t{workspace.created_at:%Y-%m-%d}")


@admin.command()
@_DATA
@click.argument("identifier")
def create_workspace(data: Path, identifier: str) -> None:
    """Create a workspace and print its keys, once, and its webhook secret."""
    founded = _with_office(data, lambda office: office.create_workspace(identifier))
    click.echo(f"Created the workspace {identifier}. Its keys are shown now and never again:", err=True)
    for role, text in founded.keys.items():
        click.echo(f"{role.name.lower()}\t{text}")
    click.echo(f"webhook_secret\t{founded.webhook_secret}")


@admin.command()
@_DATA
@_WORKSPACE
def keys(data: Path, workspace: str) -> None:
    """List the keys of a workspace, without what is secret in them."""
    for key in _with_office(data, lambda office: office.list_keys(workspace)):
        click.echo("\t".join((key.prefix, _state(key), " ".join(sorted(key.scopes)), key.name or "")))


@admin.command()
@_DATA
@_WORKSPACE
@click.option("--name", default="issued by hand", show_default=True, help="What the key is for.")
@click.option("--scope", "scopes", multiple=True, help="What it may do; repeatable. [default: everything]")
@click.option(
    "--role",
    type=click.Choice(["api", "workspace", "user"]),
    default="api",
    show_default=True,
    help="An api key stands alone; a workspace and a user key are good for a token together.",
)
@click.option("--days", type=click.FloatRange(min=0, min_open=True), help="Days after which it expires.")
def issue_key(data: Path, workspace: str, days: float | None, **wanted: Any) -> None:
    """Issue a key and print it, once, to standard output."""
    expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
    issued = _with_office(data, lambda office: office.issue_key(workspace, expires_at=expires_at, **wanted))
    click.echo(f"Issued {issued.key.prefix} for {workspace}. It is shown now and never again:", err=True)
    click.echo(issued.text)


@admin.command()
@_DATA
@_WORKSPACE
@click.argument("key_id")
def revoke_key(data: Path, workspace: str, key_id: str) -> None:
    """End a key, given its twelve public letters or its prefix."""
    public = key_id.rpartition("_")[2]
    ended = _with_office(data, lambda office: office.revoke_key(workspace, public))
    click.echo(f"{ended.prefix} is {_state(ended)}.")


@admin.command()
@_DATA
@_WORKSPACE
def users(data: Path, workspace: str) -> None:
    """List the users of a workspace and their roles."""
    for member in _with_office(data, lambda office: office.list_users(workspace)):
        user = member.user
        click.echo("\t".join((user.id, member.role, user.name, user.email or "")))


@admin.command()
@_DATA
@_WORKSPACE
@_ROLE
@click.option("--email", help="Where the user can be reached.")
@click.argument("name")
def add_user(data: Path, workspace: str, **wanted: Any) -> None:
    """Add a user to a workspace and print the new user key, once, to standard output."""
    member, issued = _with_office(data, lambda office: office.add_user(workspace, **wanted))
    click.echo(
        f"Added {member.user.id} to {workspace} as {member.role}. The key is shown now and never again:",
        err=True,
    )
    click.echo(issued.text)


@admin.command()
@_DATA
@_WORKSPACE
@_FORCE
@click.argument("user_id")
@click.argument("role", type=click.Choice(_ROLES))
def set_role(data: Path, workspace: str, user_id: str, role: str, *, force: bool) -> None:
    """Give a user another role in a workspace."""
    member = _with_office(data, lambda office: office.set_role(workspace, user_id, role, is_forced=force))
    click.echo(f"{member.user.id} is {member.role} in {workspace}.")


@admin.command()
@_DATA
@_WORKSPACE
@_FORCE
@click.argument("user_id")
def remove_user(data: Path, workspace: str, user_id: str, *, force: bool) -> None:
    """Let a user be a member of a workspace no more; keys that are good for nothing else end."""
    member = _with_office(data, lambda office: office.remove_user(workspace, user_id, is_forced=force))
    click.echo(f"{member.user.id} is no member of {workspace} any more.")


@admin.command()
@_DATA
@_WORKSPACE
def webhook_secret(data: Path, workspace: str) -> None:
    """Print what a workspace's webhooks are signed with, to standard output."""
    found = _with_office(data, lambda office: office.get_webhook_secret(workspace), _SHOWN_AT)
    _tell_of_overlap(found.secrets)
    click.echo(found.secret)


@admin.command()
@_DATA
@_WORKSPACE
@click.option(
    "--overlap",
    type=click.FloatRange(min=0),
    default=86_400,
    show_default=True,
    metavar="SECONDS",
    help="For so long both secrets sign; 0 drops the old one at once, as a leak needs it.",
)
@click.option("--force", is_flag=True, help="Rotate although an earlier overlap has not passed.")
def rotate_webhook_secret(data: Path, workspace: str, overlap: float, *, force: bool) -> None:
    """Sign a workspace's webhooks with a new secret, and print it to standard output."""
    wanted = timedelta(seconds=overlap)
    rotated = _with_office(
        data,
        lambda office: office.rotate_webhook_secret(workspace, wanted, is_forced=force),
        instead="POST /gnomon/v1/webhook-secret/rotate",
    )
    _tell_of_overlap(rotated.secrets)
    click.echo(rotated.secret)


def _tell_of_overlap(secrets: "Sequence[Sealed]") -> None:
    for old in (secret for secret in secrets if secret.expires_at):
        click.echo(f"The secret before it signs too, until {old.expires_at:%Y-%m-%d %H:%M} UTC.", err=True)


def _with_office(data: Path, ask: "Callable[[Office], Awaitable[T]]", instead: str = _NEIGHBOURS) -> T:
    """Open the data folder, ask one thing, and close it again; `instead` is what asks a running server the same.

    Raises
    ------
    click.ClickException
        When there is no server's data, the server runs, or the house refuses.
    """
    from gnomon.core.errors import GnomonError, Unavailable
    from gnomon.wiring import open_office

    async def visit() -> T:
        async with open_office(data) as office:
            return await ask(office)

    try:
        return asyncio.run(visit())
    except Unavailable as error:
        raise click.ClickException(f"{error} While a server runs, ask its API: {instead}.") from error
    except (GnomonError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _state(key: "Key") -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "valid" if key.is_valid_at(datetime.now(UTC)) else "expired"
