"""Reads PVsyst component files and saves them as modules and inverters."""

from gnomon.workloads.pvsyst_import.component import COMPONENT

WORKLOADS = (COMPONENT,)

__all__ = ["COMPONENT", "WORKLOADS"]
