"""Reads PVsyst files: components become modules and inverters, projects become drafts of energy models."""

from gnomon.workloads.pvsyst_import.component import COMPONENT
from gnomon.workloads.pvsyst_import.project import PROJECT

WORKLOADS = (COMPONENT, PROJECT)

__all__ = ["COMPONENT", "PROJECT", "WORKLOADS"]
