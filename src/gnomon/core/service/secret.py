"""The workspace's webhook secret: what messages are signed with where an endpoint has no secret of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from gnomon.core.access import Principal
from gnomon.core.delivery import Sealed, signing_secret
from gnomon.core.errors import Complaint, Invalid, NotFound
from gnomon.core.ports import RotateSecret
from gnomon.core.service.access import require
from gnomon.core.service.house import House

LONGEST_OVERLAP = timedelta(days=7)
"""For so long may a secret that was rotated sign beside the new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSecret:
    """The newest secret in clear, and all that sign at present, newest first."""

    secret: str = field(repr=False)
    secrets: Sequence[Sealed]


async def get_webhook_secret(house: House, principal: Principal) -> WebhookSecret:
    """Return the workspace's secret in clear.

    Raises
    ------
    NotFound
        When none was made.
    Unavailable
        When it was sealed with another secret.key.
    """
    require(principal, "hooks")
    secrets = await house.store.list_workspace_secrets(principal.workspace)
    if not secrets:
        raise NotFound(
            "This workspace has no webhook secret yet; the next start makes one, and so does a rotation."
        )
    return WebhookSecret(secret=house.vault.open(secrets[0].text).decode(), secrets=_valid(house, secrets))


async def rotate_webhook_secret(
    house: House, principal: Principal, overlap: timedelta, *, is_forced: bool = False
) -> WebhookSecret:
    """Sign with a new secret, and with the old one too until the overlap has passed.

    Messages of endpoints with a secret of their own are signed as before.

    Raises
    ------
    Conflict
        When an earlier overlap has not passed, and the rotation is not forced.
    Invalid
        When the overlap is out of range.
    """
    require(principal, "hooks")
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        most = int(LONGEST_OVERLAP.total_seconds())
        message = f"Give 0 to {most} seconds; 0 drops the old secret at once."
        raise Invalid([Complaint(("overlap_seconds",), message, "range")])
    return await _store_new(house, principal.workspace, overlap, is_forced=is_forced)


async def give_webhook_secret(
    house: House, workspace: str, *, show: Callable[[str], None] = lambda _: None
) -> bool:
    """Make the secret of a workspace that was founded without one; say whether it needed it.

    `show` gets the secret before it is stored, as the keys of a new workspace are shown.
    """
    if await house.store.list_workspace_secrets(workspace):
        return False
    await _store_new(house, workspace, timedelta(), show=show)
    return True


async def _store_new(
    house: House,
    workspace: str,
    overlap: timedelta,
    *,
    is_forced: bool = False,
    show: Callable[[str], None] = lambda _: None,
) -> WebhookSecret:
    secret = signing_secret(house.clock.chance(256))
    show(secret)
    secrets = await house.store.rotate_workspace_secret(
        RotateSecret(
            workspace=workspace,
            sealed=house.vault.seal(secret.encode()),
            overlap=overlap,
            now=house.clock.now(),
            is_forced=is_forced,
        )
    )
    return WebhookSecret(secret=secret, secrets=secrets)


def _valid(house: House, secrets: Sequence[Sealed]) -> Sequence[Sealed]:
    now = house.clock.now()
    return [secret for secret in secrets if secret.expires_at is None or secret.expires_at > now]
