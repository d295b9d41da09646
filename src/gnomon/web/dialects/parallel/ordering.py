"""An order made ready: what only the house can say of it, the earlier interaction and the webhooks' targets."""

from dataclasses import dataclass, replace

from gnomon.core.access import Principal
from gnomon.core.errors import Complaint, Invalid, NotFound
from gnomon.core.service import House
from gnomon.core.service.hook import new_hooks
from gnomon.core.service.task import Terms
from gnomon.core.task import Status, Task, Visibility
from gnomon.web.dialects.parallel.status import show
from gnomon.web.dialects.parallel.wire.run import NO_PREVIOUS, RunOrder

_PREVIOUS = "previous_interaction_id"
_NO_ANSWER = "That interaction is {} and gave no answer; this run begins without its context."


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """An order, perhaps with warnings that it did not have before, and the terms on which it is submitted."""

    order: RunOrder
    terms: Terms


async def make_ready(house: House, principal: Principal, order: RunOrder, *, is_lenient: bool) -> Ready:
    """Look up what an order names.

    `is_lenient` leaves out what cannot be had, with a warning.

    Raises
    ------
    Invalid
        When the earlier interaction is none of the workspace's, or nothing may be sent to a webhook's target.
    """
    if order.previous is not None:
        earlier = await _find(house, principal, order.previous)
        if earlier is None and not is_lenient:
            raise Invalid([Complaint((_PREVIOUS,), NO_PREVIOUS, "missing_reference")])
        order = order.without_previous() if earlier is None else _told_of_its_end(order, earlier)
    while True:
        try:
            return _with_hooks(house, principal, order)
        except Invalid as error:
            if not is_lenient:
                raise order.in_its_words(error) from error
            order = order.without_hooks(error)  # at least one less: the house names the first wrong one alone


def _told_of_its_end(order: RunOrder, earlier: Task) -> RunOrder:
    """Warn of an earlier interaction that has ended without an answer: it is gone on from with no context."""
    if not earlier.status.is_terminal or earlier.status is Status.COMPLETED:
        return order
    return order.warned(_NO_ANSWER.format(show(earlier)), (_PREVIOUS,))


async def _find(house: House, principal: Principal, task_id: str) -> Task | None:
    try:
        task = await house.store.glance(principal.workspace, task_id)
    except NotFound:
        return None
    return task if task.visibility is Visibility.PUBLIC else None


def _with_hooks(house: House, principal: Principal, order: RunOrder) -> Ready:
    minted = new_hooks(house, principal, order.hooks)
    return Ready(order=order, terms=order.terms(tuple(one.new for one in minted)))


def in_words_of(order: RunOrder, error: Invalid) -> Invalid:
    """Return what the house complains of in an order, at the places of the client's body."""
    plain = [replace(c, loc=c.loc[1:] if c.loc[:1] == ("input",) else c.loc) for c in error.complaints]
    return order.in_its_words(Invalid(plain))
