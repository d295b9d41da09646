"""The reading room: PVsyst's text files to plain records, and back."""

from gnomon.pvsyst.array import ArrayLosses, IamProfile, MainArray, SubArray
from gnomon.pvsyst.azimuth import clockwise_from_north
from gnomon.pvsyst.circuit import InverterGroup, StringGroup
from gnomon.pvsyst.encoding import decode
from gnomon.pvsyst.horizon import Horizon, read_horizon_text
from gnomon.pvsyst.ledger import Unread
from gnomon.pvsyst.ond import OndInverter
from gnomon.pvsyst.orientation import Orientation
from gnomon.pvsyst.pan import PanModule
from gnomon.pvsyst.project import PvsystProject, read_project
from gnomon.pvsyst.site import Site, SiteFile, WeatherReference, read_site
from gnomon.pvsyst.text import parse
from gnomon.pvsyst.tree import PvsystError, PvsystObject
from gnomon.pvsyst.variant import GridSystem, NearShading, Provenance, PvsystVariant, read_variant
from gnomon.pvsyst.writer import write, write_ond, write_pan

__all__ = [
    "ArrayLosses",
    "GridSystem",
    "Horizon",
    "IamProfile",
    "InverterGroup",
    "MainArray",
    "NearShading",
    "OndInverter",
    "Orientation",
    "PanModule",
    "Provenance",
    "PvsystError",
    "PvsystObject",
    "PvsystProject",
    "PvsystVariant",
    "Site",
    "SiteFile",
    "StringGroup",
    "SubArray",
    "Unread",
    "WeatherReference",
    "clockwise_from_north",
    "decode",
    "parse",
    "read_horizon_text",
    "read_project",
    "read_site",
    "read_variant",
    "write",
    "write_ond",
    "write_pan",
]
