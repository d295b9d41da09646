"""What the workload that asks for weather is told of the settings."""

from gnomon.core.task import Json
from gnomon.settings import Settings


def weather_settings(settings: Settings) -> dict[str, Json]:
    """Return the settings of the kind `weather_fetch`, as `ctx.settings` shows them; keys are not among them."""
    return {
        "pvgis_url": settings.pvgis_url,
        "nsrdb_url": settings.nsrdb_url,
        "nsrdb_email": settings.nsrdb_email,
    }
