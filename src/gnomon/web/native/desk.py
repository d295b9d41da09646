"""Who may ask what only this door offers, and a body that may be left out."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from gnomon.core.access import Principal
from gnomon.core.task import Json
from gnomon.web.body import read_json
from gnomon.web.desk import Holder

HookKeeper = Annotated[Principal, Depends(Holder("hooks"))]
KeyKeeper = Annotated[Principal, Depends(Holder("keys"))]
Operator = Annotated[Principal, Depends(Holder("ops"))]


async def read_optional(request: Request) -> Json:
    """Read a JSON body that may be left out: then it is an empty object.

    Raises
    ------
    BadRequest, UnsupportedMedia
        As `read_json` does.
    """
    return await read_json(request) if await request.body() else {}
