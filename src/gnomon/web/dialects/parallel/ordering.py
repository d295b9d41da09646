"""An order made ready: what only the house can say of it, the earlier interaction and the webhooks' targets."""

from dataclasses import dataclass, replace

from gnomon.core.access import Principal
from gnomon.core.errors import Complaint, Invalid, NotFound
from gnomon.core.service import House
from gnomon.core.service.hook import new_hooks
from gnomon.core.service.task import Terms
from gnomon.core.task import Visibility
from gnomon.web.dialects.parallel.wire.run import NO_PREVIOUS, RunOrder

_PREVIOUS = "previous_interaction_id"


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
    if order.previous is not None and not await _is_known(house, principal, order.previous):
        if not is_lenient:
            raise Invalid([Complaint((_PREVIOUS,), NO_PREVIOUS, "missing_reference")])
        order = order.without_previous()
    try:
        return _with_hooks(house, principal, order)
    except Invalid as error:
        if not is_lenient:
            raise order.in_its_words(error) from error
        return _with_hooks(house, principal, order.without_hooks(error))


async def _is_known(house: House, principal: Principal, task_id: str) -> bool:
    try:
        task = await house.store.glance(principal.workspace, task_id)
    except NotFound:
        return False
    return task.visibility is Visibility.PUBLIC


def _with_hooks(house: House, principal: Principal, order: RunOrder) -> Ready:
    minted = new_hooks(house, principal, order.hooks)
    return Ready(order=order, terms=order.terms(tuple(one.new for one in minted)))


def in_words_of(order: RunOrder, error: Invalid) -> Invalid:
    """Return what the house complains of in an order, at the places of the client's body."""
    plain = [replace(c, loc=c.loc[1:] if c.loc[:1] == ("input",) else c.loc) for c in error.complaints]
    return order.in_its_words(Invalid(plain))
