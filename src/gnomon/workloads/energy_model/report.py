"""The result of a run: a block's part, and the plant's whole made of the parts in their order.

Names are pvlib's, with the unit at the end. The whole is made of stored parts alone, so that it has the same
bytes whoever computed them.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gnomon.pv import grid
from gnomon.pv.arrays import FloatArray, FloatLike, IntArray
from gnomon.pv.availability import availability_factor
from gnomon.pv.block import BlockYear
from gnomon.pv.loss import CAPTIONS
from gnomon.pv.mount import FixedMount, FloatingMount, Mount, TrackerMount
from gnomon.pv.plant import Block, DcInput, Interconnection
from gnomon.pv.weather import Weather, local_months
from gnomon.workloads.energy_model import series
from gnomon.workloads.energy_model.blocks import Surroundings, interconnection
from gnomon.workloads.energy_model.losses import sum_of, tree_of, tree_of_sum
from gnomon.workloads.energy_model.options import PlantOptions, Settings
from gnomon.workloads.energy_model.record import MONTHS
from gnomon.workloads.energy_model.series import Columns
from gnomon.workloads.energy_model.sheet import Part
from gnomon.workloads.energy_model.weather import NOMINAL_YEAR

POWERS = ("array_stc_dc_power", "array_dc_power", "inverter_out_ac_power", "grid_ac_power")
# What all blocks of a run see alike.
ALIKE = ("date", "ghi")
MEANS = ("poa_global", "effective_irradiance", "temp_cell")
SHADES = ("direct_shading_factor", "shadow_height", "shaded_diode_fraction")
# What keeps an inverter's inputs from their maximum -> the steps of the loss tree that it sums up.
CLIPS = {
    "mppt_voltage_clip_loss": ("IL_Vmin", "IL_Vmax", "IL_VAbs"),
    "mppt_current_clip_loss": ("IL_Imax",),
    "inverter_dc_clip_loss": ("IL_PmaxDC",),
}
# Prefixes of further columns of a sum: a step's rows, a later year's, and the months of the loss tree.
LOSS, LATER, MONTHS_OF = "loss_", "later_", "months."
# Steps of the loss tree before the modules: not powers.
LIGHT = frozenset(itertools.takewhile(lambda name: name != "GIncLoss", CAPTIONS))
_MOUNTS: Mapping[type[Mount], str] = {
    FixedMount: "fixed",
    TrackerMount: "tracker",
    FloatingMount: "rotationalFloating",
}
CAPACITY = "capacity_kw"
MODEL_VERSION = "2.0.0"
# The laboratory's models, as a reader of a result would name them.
MODELS = {
    "sun_position": "SPA",
    "sky_diffuse": "Perez 1990, all sites composite",
    "cell_temperature": "PVsyst heat balance, driven by effective irradiance",
    "module": "PVsyst one-diode, with recombination",
    "near_shading": "long equal rows at the layout's gcr, or a scene's table",
    "electrical_shading": "module curves under partial shade, by groups of cells",
    "far_shading": "horizon of the location",
    "bifacial": "long rows, view factors of strips of ground",
    "inverter_derating": "largest AC power over the air's temperature",
    "inverter_voltage_window": "strings held at its edge; off above the largest open voltage",
    "strings": "counted on one inverter",
}
_SPECTRAL = "Lee and Panchula 2016, water from relative humidity"


def date_ms(label: IntArray) -> FloatArray:
    """Return labels [epoch s] as epoch milliseconds, exact in a float64."""
    return label.astype(np.float64) * 1000.0


def block_columns(year: BlockYear, weather: Weather) -> dict[str, FloatArray]:
    """Return a block's series: date [epoch ms UTC], powers [kW], irradiance [W/m2], temperature [degC]."""
    grid = year.p_grid / 1e3
    return {
        "date": date_ms(year.label),
        "array_stc_dc_power": year.p_array_nominal / 1e3,
        "array_dc_power": year.p_dc / 1e3,
        "inverter_out_ac_power": year.p_inverter / 1e3,
        "grid_ac_power": grid,
        "poi_ac_power": grid,
        "ghi": weather.ghi,
        "poa_global": year.poa_global,
        "effective_irradiance": year.effective_irradiance,
        "temp_cell": year.temp_cell,
        "dc_voltage": year.v_mp,
        "dc_current": year.i_mp,
    }


def detail_columns(year: BlockYear) -> dict[str, FloatArray]:
    """Return a block's further series: its shade, what limits clip [kW], and what each step of the loss tree took.

    A step's column is `loss_` and its name [W/m2 before the modules, kW behind].
    """
    irradiance = {step.name for step in year.ledger.irradiance.steps}
    nothing = np.zeros(len(year.label))
    clips = {
        name: sum((year.taken[step] for step in steps if step in year.taken), nothing) / 1e3
        for name, steps in CLIPS.items()
    }
    taken = {f"{LOSS}{name}": rows if name in irradiance else rows / 1e3 for name, rows in year.taken.items()}
    return {**_shades(year), **clips, **taken}


def _shades(year: BlockYear) -> dict[str, FloatArray]:
    return {
        "direct_shading_factor": year.shaded_fraction,
        "shadow_height": year.shadow_height,
        "shaded_diode_fraction": year.affected_fraction,
    }


def block_part(index: int, block: Block, year: BlockYear, weather: Weather) -> Part:
    """Return a block's part of the result."""
    hours = weather.step / 3600
    energy = float(year.p_grid.sum()) * hours / 1e3
    poa = float(year.poa_global.sum()) * hours / 1e3
    inverters = block.ac_system.number_of_inverters
    strings = sum(each.array.strings for each in block.inputs) * inverters
    capacity = block.p_stc / 1e3
    return {
        "index": index,
        "name": block.name or f"Block {index + 1}",
        "module": block.inputs[0].module.name,
        "inverter": block.inverter.name,
        "modules": sum(each.array.modules for each in block.inputs) * inverters,
        "strings": strings,
        "inverters": inverters,
        "inputs": [_input(each, block) for each in block.inputs],
        "dc_capacity_kw": capacity,
        "ac_capacity_kw": block.p_ac_max / 1e3,
        "annual_energy_mwh": energy / 1e3,
        "specific_yield_kwh_kwp": energy / capacity,
        "performance_ratio": energy / (capacity * poa) if poa else 0.0,
        "poa_global_kwh_m2": poa,
        "effective_irradiance_kwh_m2": float(year.effective_irradiance.sum()) * hours / 1e3,
        "losses": tree_of(year.ledger),
    }


def _input(given: DcInput, block: Block) -> dict[str, Any]:
    """Return what is on one input of one inverter."""
    return {
        "name": given.name,
        "mppt": given.mppt,
        "module": given.module.name,
        "modules": given.array.modules,
        "strings": given.array.strings,
        "mount": _MOUNTS[type(block.mount_of(given))],
        "is_bifacial": given.bifacial is not None,
        "dc_capacity_kw": given.p_stc / 1e3,
    }


@dataclass(slots=True)
class PlantSum:
    """The plant's columns, growing block by block: powers add up, the rest is a mean by nameplate."""

    capacity_kw: float = 0.0
    columns: dict[str, FloatArray] = field(default_factory=dict)

    @classmethod
    def load(cls, content: bytes) -> "PlantSum":
        """Return the sum of some blocks that `dump` wrote."""
        columns = series.load(content)
        return cls(capacity_kw=float(columns.pop(CAPACITY)[0]), columns=columns)

    def dump(self) -> bytes:
        """Return the sum as bytes."""
        return series.dump({CAPACITY: np.array([self.capacity_kw]), **self.columns})

    def add(self, part: Part, block: Columns) -> None:
        """Add a block; the order of the blocks decides the last bits, so keep it."""
        capacity = part["dc_capacity_kw"]
        self.capacity_kw += capacity
        for name in block:
            if _is_mean(name):
                self.columns[name] = self.columns.get(name, 0.0) + capacity * block[name]
            elif name in POWERS or _is_detail(name):
                self.columns[name] = self.columns.get(name, 0.0) + block[name]
        self.add_months(sum_of(part["losses"], capacity))

    def add_months(self, months: Mapping[str, FloatArray]) -> None:
        """Add to the months of the loss tree, named as `losses.sum_of` does."""
        for name, monthly in months.items():
            self.columns[f"{MONTHS_OF}{name}"] = self.columns.get(f"{MONTHS_OF}{name}", 0.0) + monthly

    def tree(self, behind: Mapping[str, FloatArray]) -> dict[str, Any]:
        """Return the plant's loss tree; its own steps took `behind` each month [kWh]."""
        months = {
            name.removeprefix(MONTHS_OF): column
            for name, column in self.columns.items()
            if name.startswith(MONTHS_OF)
        }
        return tree_of_sum(months, self.capacity_kw, behind)

    def add_later(self, year: str, grid_kw: FloatArray) -> None:
        """Add what a block gives the plant's grid in a later year of its life."""
        self.columns[f"{LATER}{year}"] = self.columns.get(f"{LATER}{year}", 0.0) + grid_kw

    def later(self) -> dict[int, FloatArray]:
        """Return what all blocks give the plant's grid in later years, by the year's number [kW]."""
        return {
            int(name.removeprefix(LATER)): column
            for name, column in self.columns.items()
            if name.startswith(LATER)
        }

    def merge(self, other: "PlantSum") -> None:
        """Add the sum of the blocks that follow."""
        self.capacity_kw += other.capacity_kw
        for name, column in other.columns.items():
            self.columns[name] = self.columns.get(name, 0.0) + column

    def powers(self) -> dict[str, FloatArray]:
        """Return the sums of the blocks' powers [kW]."""
        return {name: self.columns[name] for name in POWERS}

    def means(self) -> dict[str, FloatArray]:
        """Return the means over the blocks by nameplate."""
        return {name: self.columns[name] / self.capacity_kw for name in MEANS}

    def details(self) -> dict[str, FloatArray]:
        """Return what blocks with details give together: shade, clipping, and the loss tree's steps."""
        return {
            name: column / self.capacity_kw if _is_mean(name) else column
            for name, column in self.columns.items()
            if _is_detail(name)
        }


def _is_mean(name: str) -> bool:
    return name in MEANS or name in SHADES or name.removeprefix(LOSS) in LIGHT


def _is_detail(name: str) -> bool:
    return name in SHADES or name in CLIPS or name.startswith(LOSS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """The plant's columns, its loss tree, and what it gives in later years [kW]."""

    columns: dict[str, FloatArray]
    losses: dict[str, Any]
    later: dict[int, FloatArray]


def available_in(weather: Weather, month: IntArray, point: Interconnection) -> FloatLike:
    """Return what is available of the plant in each row [0-1], one if it never stands still."""
    if point.availability is None:
        return 1.0
    return availability_factor(weather.time, weather.step, month, point.availability)


def plant_whole(total: PlantSum, weather: Weather, plant: PlantOptions, utc_offset: float) -> Whole:
    """Return the plant's columns once every block is added."""
    month, point = local_months(weather.time, utc_offset), interconnection(plant)
    available = available_in(weather, month, point)
    poi, taken = grid.deliver(1e3 * total.columns["grid_ac_power"], point, available)
    taken = {name: rows for name, rows in taken.items() if rows.any()}
    further = total.details()
    if further:
        further |= {f"{LOSS}{name}": rows / 1e3 for name, rows in taken.items()}
    columns = {
        "date": date_ms(weather.label),
        **total.powers(),
        "poi_ac_power": poi / 1e3,
        "ghi": weather.ghi,
        **total.means(),
        "temp_air": weather.temp_air,
        "wind_speed": weather.wind_speed,
        **further,
    }
    to_kwh = weather.step / 3.6e6
    behind = {
        name: np.bincount(month, weights=rows * to_kwh, minlength=12).astype(np.float64)
        for name, rows in taken.items()
    }
    later = {year: grid.deliver(1e3 * kw, point, available)[0] / 1e3 for year, kw in total.later().items()}
    return Whole(columns=columns, losses=total.tree(behind), later=later)


def summary(parts: Sequence[Part], whole: Whole, weather: Weather, plant: PlantOptions) -> dict[str, float]:
    """Return the figures of the year."""
    hours = weather.step / 3600
    sums = {name: float(column.sum()) * hours / 1e3 for name, column in whole.columns.items()}
    energy = sums["poi_ac_power"] * 1e3
    dc_capacity = sum(part["dc_capacity_kw"] for part in parts)
    ac_capacity = sum(part["ac_capacity_kw"] for part in parts)
    rated = ac_capacity if plant.poi_limit_mw is None else min(ac_capacity, 1e3 * plant.poi_limit_mw)
    return {
        "annual_energy_mwh": energy / 1e3,
        "specific_yield_kwh_kwp": energy / dc_capacity,
        "performance_ratio": _ratio(energy, dc_capacity * sums["poa_global"]),
        "capacity_factor": energy / (rated * weather.label.size * hours),
        "dc_capacity_kw": dc_capacity,
        "ac_capacity_kw": ac_capacity,
        "ghi_kwh_m2": sums["ghi"],
        "poa_global_kwh_m2": sums["poa_global"],
        "effective_irradiance_kwh_m2": sums["effective_irradiance"],
        "temp_air_mean_c": float(weather.temp_air.mean()),
    }


def monthly(whole: Whole, weather: Weather, utc_offset: float, dc_capacity_kw: float) -> list[dict[str, Any]]:
    """Return the twelve months, by local standard time; a month without rows has zeros and no mean."""
    month = local_months(weather.time, utc_offset)
    hours = weather.step / 3600

    def sums(name: str) -> FloatArray:
        energy = whole.columns[name] * hours / 1e3
        return np.bincount(month, weights=energy, minlength=12).astype(np.float64)

    table = {
        "ghi_kwh_m2": sums("ghi"),
        "poa_global_kwh_m2": sums("poa_global"),
        "effective_irradiance_kwh_m2": sums("effective_irradiance"),
        "array_energy_mwh": sums("array_dc_power"),
        "inverter_energy_mwh": sums("inverter_out_ac_power"),
        "energy_mwh": sums("poi_ac_power"),
    }
    rows: list[dict[str, Any]] = [
        {"month": name, **{key: float(table[key][i]) for key in table}} for i, name in enumerate(MONTHS)
    ]
    for row, temp in zip(rows, _monthly_mean(weather.temp_air, month), strict=True):
        row["performance_ratio"] = _ratio(1e3 * row["energy_mwh"], dc_capacity_kw * row["poa_global_kwh_m2"])
        row["temp_air_mean_c"] = temp
    return rows


def _monthly_mean(values: FloatArray, month: IntArray) -> list[float | None]:
    counts = np.bincount(month, minlength=12)
    sums = np.bincount(month, weights=values, minlength=12)
    return [float(total / count) if count else None for total, count in zip(sums, counts, strict=True)]


def _ratio(over: float, under: float) -> float:
    return over / under if under else 0.0


def plant_facts(parts: Sequence[Part], plant: PlantOptions) -> dict[str, Any]:
    """Return what stands in the field."""
    dc_capacity, ac_capacity = (
        sum(part[key] for part in parts) for key in ("dc_capacity_kw", "ac_capacity_kw")
    )
    counts: Mapping[str, int] = {
        key: sum(part[key] for part in parts) for key in ("modules", "strings", "inverters")
    }
    return {
        "blocks": len(parts),
        **counts,
        "dc_capacity_kw": dc_capacity,
        "ac_capacity_kw": ac_capacity,
        "dc_ac_ratio": dc_capacity / ac_capacity,
        "poi_limit_mw": plant.poi_limit_mw,
    }


def location(around: Surroundings) -> dict[str, Any]:
    """Return where the plant stands."""
    return {
        "latitude": around.place.latitude,
        "longitude": around.place.longitude,
        "elevation_m": around.elevation,
        "time_zone_h": around.utc_offset,
        "time_zone_name": around.time_zone_name,
    }


def local_time(weather: Weather, around: Surroundings) -> dict[str, Any]:
    """Return the first and the last row's label in the standard time of the site, as ISO 8601."""
    first, last = local_iso(date_ms(weather.label[[0, -1]]), around.utc_offset)
    return {
        "time_zone_name": around.time_zone_name,
        "utc_offset_h": around.utc_offset,
        "first": first,
        "last": last,
    }


def local_iso(date: FloatArray, utc_offset: float) -> list[str]:
    """Return moments [epoch ms UTC] in a fixed offset from UTC [h] as ISO 8601, with the offset."""
    minutes = round(60 * utc_offset)
    local = (date.astype(np.int64) + 60_000 * minutes).astype("datetime64[ms]").astype("datetime64[s]")
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    return [f"{moment}{sign}{hours:02d}:{rest:02d}" for moment in np.datetime_as_string(local).tolist()]


def settings(weather: Weather, around: Surroundings, given: Settings) -> dict[str, Any]:
    """Return how the run was made: its models and its reading of time."""
    dated = around.weather.get("date") is not None
    return {
        **MODELS,
        "spectral": _SPECTRAL if _is_spectral(weather, given) else "none",
        "circumsolar_as_beam": given.circumsolar_as_beam,
        "power_sharing": given.power_sharing or "independent_equal",
        "rows": int(weather.label.size),
        "step_s": weather.step,
        "first_date_ms": int(weather.label[0]) * 1000,
        "timestamps": "given" if dated else f"hours of the nominal year {NOMINAL_YEAR}, local standard time",
        "timestamp_label": (around.weather.get("timestampLabel") or "start") if dated else "start",
        "weather": around.weather_from,
        **_irradiance(weather),
        "poa": "given" if weather.poa is not None else "transposed",
        "relative_humidity": "none" if weather.relative_humidity is None else "given",
    }


def _is_spectral(weather: Weather, given: Settings) -> bool:
    return weather.relative_humidity is not None and not given.ignore_spectral_correction


def _irradiance(weather: Weather) -> dict[str, str]:
    dhi, dni = weather.dhi is not None, weather.dni is not None
    return {
        "dhi": "given" if dhi else "closure of ghi and dni" if dni else "Erbs-Driesse from ghi",
        "dni": "given" if dni else "closure of ghi and dhi",
    }
