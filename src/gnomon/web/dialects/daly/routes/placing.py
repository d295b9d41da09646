"""What belongs to a location may name it by its number or by its global id."""

from gnomon.core.access import Principal
from gnomon.core.errors import Complaint, Invalid, NotFound
from gnomon.core.service import House
from gnomon.core.service.resource import find, find_global
from gnomon.core.task import Json
from gnomon.web.dialects.daly.nouns import LOCATION
from gnomon.web.dialects.daly.wire.resources import Placed


async def place(house: House, principal: Principal, asked: Placed) -> dict[str, Json]:
    """Return the document with both of its location's ids.

    Raises
    ------
    NotFound
        When the workspace has no such location.
    Invalid
        When the two ids name two locations.
    """
    if asked.number is None and asked.global_id is None:
        return asked.document
    if asked.number is not None:
        found = await find(house, principal.workspace, LOCATION.kind, asked.number)
    else:
        found = await find_global(house, principal, LOCATION.kind, str(asked.global_id))
    if found is None:
        raise NotFound("There is no such location.")
    if asked.global_id not in (None, found.id):
        message = "'locationId' and 'globalLocationId' name two locations; send one."
        raise Invalid([Complaint(("globalLocationId",), message, "conflict")])
    return {**asked.document, "locationId": found.number, "globalLocationId": found.id}
