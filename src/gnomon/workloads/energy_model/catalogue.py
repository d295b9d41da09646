"""The modules and inverters of a run, each read once however many blocks use it."""

from gnomon.pv.plant import Inverter, Module
from gnomon.pvsyst import OndInverter, PanModule
from gnomon.workloads.energy_model import document as doc
from gnomon.workloads.energy_model.component import ond_inverter, pan_module, pv_inverter, pv_module
from gnomon.workloads.energy_model.work import Work


class Catalogue:
    """What a work's numbers of modules and inverters stand for.

    Raises
    ------
    Failure
        From each method, if nothing of that number is known.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._pans: dict[int, PanModule] = {}
        self._onds: dict[int, OndInverter] = {}
        self._modules: dict[tuple[int, str], Module] = {}
        self._inverters: dict[int, Inverter] = {}

    def pan(self, number: int) -> PanModule:
        """Return a module as its file would give it."""
        if number not in self._pans:
            self._pans[number] = pan_module(self._work.module(number))
        return self._pans[number]

    def ond(self, number: int) -> OndInverter:
        """Return an inverter as its file would give it."""
        if number not in self._onds:
            self._onds[number] = ond_inverter(self._work.inverter(number))
        return self._onds[number]

    def module(self, number: int, aoi: doc.AoiCurve | None = None) -> Module:
        """Return a module, if wanted under an incidence angle modifier of its block."""
        key = (number, "" if aoi is None else repr((aoi.angles, aoi.factors)))
        if key not in self._modules:
            self._modules[key] = pv_module(self._work.module(number), aoi)
        return self._modules[key]

    def inverter(self, number: int) -> Inverter:
        """Return an inverter."""
        if number not in self._inverters:
            self._inverters[number] = pv_inverter(self._work.inverter(number))
        return self._inverters[number]
