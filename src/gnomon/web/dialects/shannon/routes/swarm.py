"""Messages to a task's work while it goes on; the vendor sends them to its swarms alone."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gnomon.core.errors import NotFound
from gnomon.core.service import steering as service
from gnomon.web.answer import answer
from gnomon.web.body import read_json
from gnomon.web.desk import AtHouse, Writer
from gnomon.web.dialects.shannon.again import Done, once
from gnomon.web.dialects.shannon.desk import find_task
from gnomon.web.dialects.shannon.render.control import sent
from gnomon.web.dialects.shannon.wire.steer import read_message

router = APIRouter(prefix="/api/v1/swarm", tags=["control"])


@router.post("/{workflow_id}/message")
async def send_message(workflow_id: str, request: Request, house: AtHouse, writer: Writer) -> Response:
    """Tell the work of a task something: it is kept, and taken in at its next step."""
    message = read_message(await read_json(request))
    try:
        task = await find_task(house, writer, workflow_id)
    except NotFound as error:
        raise NotFound("Workflow not found") from error

    async def act() -> Done:
        await service.tell_task(house, writer, task.id, message)
        return Done(answer(sent()))

    return await once(request, house, writer, act, replay=answer(sent()))
