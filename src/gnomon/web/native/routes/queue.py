"""What can be submitted, what waits, and how the server is."""

from importlib.metadata import version

from fastapi import Response

from gnomon.core.errors import NotFound, Unavailable
from gnomon.core.naming import no_such
from gnomon.core.service import task as service
from gnomon.web.answer import answer
from gnomon.web.desk import AtHouse, Reader
from gnomon.web.native.openapi import router, shows
from gnomon.web.native.render import queue as render

routes = router("queue")

_VERSION = version("gnomon")


@routes.get(
    "/workloads",
    summary="List the kinds of work and their schemas",
    responses=shows("WorkloadList", "What POST /tasks takes."),
)
async def list_workloads(house: AtHouse, _: Reader) -> Response:
    """List what POST /tasks takes."""
    return answer({"workloads": [render.workload(offered) for offered in service.list_workloads(house)]})


@routes.get(
    "/workloads/{kind}",
    summary="Read what one kind takes and gives",
    responses=shows("Workload", "The kind and its schemas.", 404),
)
async def get_workload(kind: str, house: AtHouse, _: Reader) -> Response:
    """Read what one kind takes and gives."""
    offered = {workload.kind: workload for workload in service.list_workloads(house)}
    if kind not in offered:
        raise NotFound(no_such("kind", kind, offered))
    return answer(render.workload(offered[kind]))


@routes.get(
    "/queue",
    summary="Count the tasks that have not ended",
    responses=shows("Queue", "Counts by kind and status."),
)
async def get_queue(house: AtHouse, reader: Reader) -> Response:
    """Count the workspace's public tasks that have not ended, by kind and status."""
    crowds = await service.count_queue(house, reader)
    offered = [workload.kind for workload in service.list_workloads(house)]
    return answer(render.queue(crowds, offered, house.workloads, house.clock.now()))


@routes.get(
    "/health",
    summary="Ask how the server is",
    responses={
        **shows("Health", "It can store."),
        **shows("Health", "It cannot store; ask again.", status=503),
    },
)
async def get_health(house: AtHouse) -> Response:
    """Say whether the server can store; needs no key."""
    try:
        await house.store.ping()
    except Unavailable:
        body = {"status": "unavailable", "version": _VERSION, "is_store_ready": False}
        return answer(body, status=503, headers={"Retry-After": "1"})
    return answer({"status": "ok", "version": _VERSION, "is_store_ready": True})
