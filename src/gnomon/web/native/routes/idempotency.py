"""What an idempotency key has made: whether a request has landed."""

from fastapi import Response

from gnomon.core.access import Principal
from gnomon.core.ports import Reserved
from gnomon.core.service import House
from gnomon.core.service import idempotency as service
from gnomon.core.service.group import get as get_group
from gnomon.core.service.task import find_version
from gnomon.web.answer import answer
from gnomon.web.desk import AtHouse, Reader
from gnomon.web.native.openapi import router, shows
from gnomon.web.native.render.idempotency import group_of, is_task, reserved

routes = router("idempotency")


@routes.get(
    "/idempotency-keys/{key:path}",
    summary="Ask what an idempotency key has made",
    responses=shows("Reserved", "What the first request with that key has made.", 404, 409),
)
async def get_reserved(key: str, house: AtHouse, reader: Reader) -> Response:
    """Say whether a request whose answer got lost has landed, and what it has made; sending it again is safe, too."""
    found = await service.get_reserved(house, reader, key)
    return answer(reserved(found, await _version(house, reader, found)))


async def _version(house: House, reader: Principal, found: Reserved) -> int | None:
    if is_task(found):
        return await find_version(house, reader, found.made_id)
    made = group_of(found)
    return None if made is None else (await get_group(house, reader, made)).version
