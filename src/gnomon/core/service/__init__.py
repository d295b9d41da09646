"""The use cases, one file per noun: what a door may ask of the house."""

from gnomon.core.service.house import House

__all__ = ["House"]
