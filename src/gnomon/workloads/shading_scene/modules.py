"""How modules lie on a table, and how many groups of cells that makes across its width."""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

# Groups of cells of one module, each with a bypass diode, across the width of the table: they run along the module's
# long side, so that a shadow that climbs an upright module touches all three at once, and those of one that lies
# down one by one.
GROUPS = {"portrait": 1, "landscape": 3}
_MODULE_SIDES = (0.3, 3.0)  # m
_MISFIT = 0.05  # m; how far the modules may miss the table's width


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleGrid:
    """Rows of modules across the width of a table, and how each of them lies."""

    rows: int
    orientation: str

    @property
    def transverse_diodes(self) -> int:
        """Groups of cells across the width."""
        return self.rows * GROUPS[self.orientation]

    def told(self) -> str:
        """Say what follows from it."""
        return (
            f"transverseDiodes: {self.transverse_diodes}, of {self.rows} rows of modules in {self.orientation} "
            f"with {GROUPS[self.orientation]} groups of cells across each"
        )


def rack_grid(rack: Element) -> ModuleGrid | None:
    """Read a rack of PV Collada 2, which tells rows and orientation."""
    rows, orientation = (rack.findtext(name, "").strip() for name in ("module_rows", "module_orientation"))
    if not rows.isdigit() or not 1 <= int(rows[:6]) <= 100 or orientation not in GROUPS:
        return None
    return ModuleGrid(rows=int(rows), orientation=orientation)


def module_grid(parameters: Element, sides: tuple[float, float], metre: float) -> ModuleGrid | None:
    """Find rows and orientation from the sizes of table and module that PV Collada 1 tells; None if none fits.

    The sizes of modules are in the file's unit in the files of PVcase, and in millimetres by the format's
    description: the one that gives a module is taken.
    """
    fits = [fit for unit in (metre, 0.001) for fit in _fits(parameters, min(sides), unit)]
    return min(fits, key=lambda fit: fit[0])[1] if fits else None


def _fits(parameters: Element, width: float, unit: float) -> Iterator[tuple[float, ModuleGrid]]:
    told = [_number(parameters, name) * unit for name in ("module_width", "module_height")]
    gaps = [_number(parameters, name) * unit for name in ("module_x_spacing", "module_y_spacing")]
    if not all(_MODULE_SIDES[0] <= side <= _MODULE_SIDES[1] for side in told):
        return
    short, long = sorted(told)
    for orientation, size in (("portrait", long), ("landscape", short)):
        gap = max(min(*gaps, 0.2), 0.0)
        rows = max(round((width + gap) / (size + gap)), 1)
        misfit = abs(rows * size + (rows - 1) * gap - width)
        if misfit <= _MISFIT:
            yield misfit, ModuleGrid(rows=rows, orientation=orientation)


def _number(parameters: Element, name: str) -> float:
    try:
        return float(parameters.findtext(name, ""))
    except ValueError:
        return 0.0
