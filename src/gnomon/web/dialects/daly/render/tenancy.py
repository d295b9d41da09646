"""Workspaces, users, organizations and invites; keys and tokens appear in the answer that makes them alone."""

from gnomon.core.access import Workspace
from gnomon.core.service.tenancy import Invited, Joined, Opened
from gnomon.core.task import Json
from gnomon.core.tenancy import Member, Organization, Role
from gnomon.web.dialects.daly.render.moment import render_moment


def render_workspace(workspace: Workspace, organization: Organization, role: Role | None) -> dict[str, Json]:
    """Write a workspace, and what the caller is in it."""
    return {
        "id": workspace.number,
        "identifier": workspace.identifier,
        "organizationId": organization.number,
        "role": role,
        "createdAt": render_moment(workspace.created_at),
    }


def render_opened(opened: Opened) -> dict[str, Json]:
    """Write a new workspace with its key; null to who asks again."""
    return {
        "workspace_id": opened.workspace.number,
        "identifier": opened.workspace.identifier,
        "api_key": opened.key,
    }


def render_user(member: Member) -> Json:
    """Write a user of a workspace."""
    return {
        "id": member.user.number,
        "userId": member.user.id,
        "name": member.user.name,
        "email": member.user.email,
        "role": member.role,
        "createdAt": render_moment(member.since),
    }


def render_organization(organization: Organization) -> Json:
    """Write an organization."""
    return {
        "id": organization.number,
        "name": organization.name,
        "createdAt": render_moment(organization.created_at),
    }


def render_invited(invited: Invited, organization: Organization) -> Json:
    """Write an invite with its token; null to who asks again."""
    made = invited.invite
    return {
        "id": made.id,
        "organization_id": organization.number,
        "role": made.role,
        "email": made.email,
        "invite_token": invited.token,
        "expires_at": render_moment(made.expires_at),
    }


def render_joined(joined: Joined, organization: int, workspace: Workspace) -> Json:
    """Write where somebody is a member now, with the keys that they were given."""
    return {
        "organization_id": organization,
        "workspace_id": workspace.number,
        "identifier": workspace.identifier,
        "user_id": joined.accepted.member.user.id,
        "role": joined.accepted.member.role,
        "workspace_api_key": joined.workspace_key,
        "user_api_key": joined.user_key,
    }


def render_membership(workspace: Workspace, role: Role) -> Json:
    """Write a workspace that a user may choose after signing in."""
    return {"workspace_id": workspace.number, "identifier": workspace.identifier, "role": role}
