"""What can be submitted, and what waits."""

from fastapi import Response

from gnomon.core.service import task as service
from gnomon.web.answer import answer
from gnomon.web.native.desk import AtHouse, Reader
from gnomon.web.native.openapi import router, shows
from gnomon.web.native.render.workload import workload

routes = router("queue")


@routes.get(
    "/workloads",
    summary="List the kinds of work and their schemas",
    responses=shows("WorkloadList", "What POST /tasks takes."),
)
async def list_workloads(house: AtHouse, _: Reader) -> Response:
    """List what POST /tasks takes."""
    return answer({"workloads": [workload(offered) for offered in service.list_workloads(house)]})
