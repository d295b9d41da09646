"""What a call cost, from the price table that is installed; nothing is fetched."""

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genai_prices.types import AbstractUsage


def price(
    usage: "AbstractUsage", model: str, *, provider: str | None = None, url: str | None = None
) -> float | None:
    """Return the price in USD, or None when it is not known: of a model, or of whose server it is.

    Parameters
    ----------
    usage
        Tokens as the provider counted them, those it had in its cache told apart.
    model
        The provider's name for the model.
    provider
        Who serves it, by the table's name.
    url
        The server's address, where nothing but that is known.
    """
    from genai_prices import calc_price

    try:
        if url is not None:
            found = calc_price(usage, model, provider_api_url=url)
        elif provider is not None:
            found = calc_price(usage, model, provider_id=provider)
        else:
            return None
    except (LookupError, ValueError):
        return None
    return float(Decimal(found.total_price))
