"""What the document tells of each operation: its answers, its body, its parameters, its refusals."""

from collections.abc import Mapping
from typing import Final

from gnomon.web.dialects.shannon.operations.chat import CHAT
from gnomon.web.dialects.shannon.operations.history import HISTORY
from gnomon.web.dialects.shannon.operations.satellites import SATELLITES
from gnomon.web.dialects.shannon.operations.tasks import TASKS
from gnomon.web.dialects.shannon.operations.told import Told

OPERATIONS: Final[Mapping[tuple[str, str], Told]] = {**TASKS, **HISTORY, **SATELLITES, **CHAT}
