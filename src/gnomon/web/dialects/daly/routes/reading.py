"""What all saved nouns have in common: list, get, delete."""

from fastapi import APIRouter
from starlette.responses import Response

from gnomon.core.access import Principal
from gnomon.core.resource import Resource
from gnomon.core.service import House
from gnomon.core.service.resource import get_resource, list_resources
from gnomon.core.service.run import delete_saved
from gnomon.web.answer import answer
from gnomon.web.desk import Reader, Writer
from gnomon.web.dialects.daly.desk import AtDesk
from gnomon.web.dialects.daly.nouns import Noun
from gnomon.web.dialects.daly.openapi import shows
from gnomon.web.dialects.daly.render.resource import render_resource, render_row


async def list_all(house: House, principal: Principal, noun: Noun) -> list[Resource]:
    """Return all of a noun: the contract's lists have no pages."""
    found: list[Resource] = []
    cursor = None
    while True:
        page = await list_resources(house, principal, noun.kind, cursor=cursor)
        found.extend(page.records)
        cursor = page.next
        if cursor is None:
            return found


def add_list(router: APIRouter, noun: Noun) -> None:
    """Add the route that lists a noun."""

    @router.get("", summary=f"List every {noun.one}", responses=shows([{"id": 1}], "All of them."))
    async def list_(desk: AtDesk, reader: Reader) -> Response:
        found = await list_all(desk.house, reader, noun)
        return answer([render_row(resource, noun) for resource in found])


def add_get(router: APIRouter, noun: Noun) -> None:
    """Add the route that shows one of a noun."""

    @router.get(
        "/{number}", summary=f"Get one {noun.one}", responses=shows({"id": 1}, "The record.", 404, 422)
    )
    async def get(number: int, desk: AtDesk, reader: Reader) -> Response:
        found = await get_resource(desk.house, reader, noun.kind, number, is_whole=True)
        return answer(render_resource(found, noun))


def add_delete(router: APIRouter, noun: Noun) -> None:
    """Add the route that deletes one of a noun."""

    @router.delete(
        "/{number}",
        summary=f"Delete one {noun.one}",
        responses=shows({"deleted": True}, "It is gone; what was linked to it stays.", 404, 409, 422),
    )
    async def delete(number: int, desk: AtDesk, writer: Writer) -> Response:
        await delete_saved(desk.house, writer, noun.kind, number)
        return answer({"deleted": True})
