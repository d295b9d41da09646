"""The reading room: PVsyst's text files to plain records."""

from gnomon.pvsyst.ond import OndInverter
from gnomon.pvsyst.pan import PanModule
from gnomon.pvsyst.text import PvsystError, PvsystObject, parse

__all__ = ["OndInverter", "PanModule", "PvsystError", "PvsystObject", "parse"]
