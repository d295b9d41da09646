"""The door's own address: where what it offers stands."""

from fastapi import Request, Response

from gnomon.web.answer import answer
from gnomon.web.native.openapi import router

routes = router("index")
_PLACES = ("tasks", "workloads", "documents", "queue", "health")


@routes.get("/", include_in_schema=False)
async def show_index(request: Request) -> Response:
    """Say where to go on; needs no key."""
    root = request.scope["root_path"]
    links = {"openapi": f"{root}/openapi.json", **{place: f"{root}/{place}" for place in _PLACES}}
    return answer({"api": "gnomon", "version": request.app.version, "links": links})
