"""Weather: asked of a provider at a place, or read from a file of a known form."""

from gnomon.workloads.weather_fetch.work import WEATHER_FETCH

WORKLOADS = (WEATHER_FETCH,)

__all__ = ["WEATHER_FETCH", "WORKLOADS"]
