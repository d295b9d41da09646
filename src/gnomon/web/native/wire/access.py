"""Keys and workspaces: what may be asked for."""

from typing import Annotated, Literal

from pydantic import Field

from gnomon.core.access import KeyRole
from gnomon.core.service.access import IDENTIFIER, LONGEST_OVERLAP, NAME
from gnomon.web.native.wire.reading import DIGITS, Whole, Words

LONGEST_LIFE = 10 * 365 * 86_400
ROLES = {"api": KeyRole.API, "workspace": KeyRole.WORKSPACE, "user": KeyRole.USER}


class NewKey(Words):
    """A key to issue."""

    name: str = Field(pattern=f"^{NAME}$", description="What it is for; people read it in the list.")
    scopes: list[Literal["read", "write", "cancel", "hooks", "keys", "ops"]] = Field(
        min_length=1, max_length=6, description="What it may do; no more than the key that issues it."
    )
    lifetime_seconds: Annotated[int, Field(ge=1, le=LONGEST_LIFE), DIGITS] | None = Field(
        None,
        description="For so long it is valid, by the server's clock; left out, until it is revoked.",
    )
    role: Literal["api", "workspace", "user"] = Field(
        "api",
        description="`api` opens every door by itself; a `workspace` and a `user` key together are good for a "
        "token of the energy models' API.",
    )


class Rotation(Words):
    """How a key makes room for the next one."""

    overlap_seconds: Whole = Field(
        0,
        ge=0,
        le=int(LONGEST_OVERLAP.total_seconds()),
        description="For so long the old key stays valid; 0 ends it at once.",
    )


class Revocation(Words):
    """How strictly a key is revoked."""

    force: bool = Field(
        False,  # noqa: FBT003  pydantic takes the default by position
        description="Revoke the key even when no other key of the workspace could issue keys.",
    )


class NewWorkspace(Words):
    """A workspace to create."""

    identifier: str = Field(
        pattern=f"^{IDENTIFIER}$", description="Lower-case letters, digits and inner hyphens; unique."
    )
