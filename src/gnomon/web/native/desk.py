"""Who may ask what only this door offers."""

from typing import Annotated

from fastapi import Depends

from gnomon.core.access import Principal
from gnomon.web.desk import Holder

HookKeeper = Annotated[Principal, Depends(Holder("hooks"))]
KeyKeeper = Annotated[Principal, Depends(Holder("keys"))]
Operator = Annotated[Principal, Depends(Holder("ops"))]
