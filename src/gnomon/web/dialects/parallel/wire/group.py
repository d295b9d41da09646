"""Groups: what is attached to one, and the runs that one call adds."""

from collections.abc import Sequence

from gnomon.core.errors import Complaint, Invalid
from gnomon.core.task import Json
from gnomon.web.dialects.parallel.processors import Processors, UnknownProcessor
from gnomon.web.dialects.parallel.wire.doubts import MOST_COMPLAINTS, Doubts
from gnomon.web.dialects.parallel.wire.form import read
from gnomon.web.dialects.parallel.wire.matching import MOST_OF_BATCH, Allowance
from gnomon.web.dialects.parallel.wire.metadata import read_metadata
from gnomon.web.dialects.parallel.wire.run import Manner, RunOrder, read_in
from gnomon.web.dialects.parallel.wire.spec import read_spec
from gnomon.web.dialects.parallel.wire.words import BatchWords, GroupWords


def read_group(body: Json) -> Json:
    """Read the body of a group: its metadata.

    Raises
    ------
    Invalid
        When something is wrong with it.
    """
    doubts = Doubts(is_lenient=False)
    metadata = read_metadata(read(GroupWords, body).metadata, doubts)
    doubts.settle()
    return metadata


def read_batch(body: Json, *, processors: Processors, is_lenient: bool) -> Sequence[RunOrder]:
    """Read the runs that are added to a group, in order: all of them, or none.

    Raises
    ------
    Invalid
        When something is wrong with one; up to 20 complaints, each with its place in the body.
    UnknownProcessor
        When nothing stands behind the processors of some, and that is all that is wrong.
    """
    batch = read(BatchWords, body)
    spec = read_spec(batch.default_task_spec, ("default_task_spec",), is_lenient=is_lenient)
    manner = Manner(
        processors=processors, is_lenient=is_lenient, default_spec=spec, allowance=Allowance(MOST_OF_BATCH)
    )
    orders: list[RunOrder] = []
    complaints: list[Complaint] = []
    refusal: type[Invalid | UnknownProcessor] = UnknownProcessor
    for position, one in enumerate(batch.inputs):
        try:
            orders.append(read_in(manner, one))
        except (Invalid, UnknownProcessor) as error:
            refusal = Invalid if isinstance(error, Invalid) else refusal
            complaints += Invalid(error.complaints).under("inputs", position).complaints
        if len(complaints) >= MOST_COMPLAINTS:
            break
    if complaints:
        raise refusal(complaints[:MOST_COMPLAINTS])
    return orders
