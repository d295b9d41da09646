"""Between the blocks and the grid: what the plant uses itself, and what the grid takes at most."""

import numpy as np

from gnomon.pv.arrays import FloatArray
from gnomon.workloads.energy_model.document import PlantOptions

CAPTIONS = {"EPlantAux": "Plant: auxiliary use", "EGridLimit": "Plant: limit at the point of interconnection"}


def limit(grid_kw: FloatArray, plant: PlantOptions) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Return the power at the point of interconnection [kW] and what each step before it took [kW].

    Auxiliaries count in the intervals in which the plant gives more than their threshold: the constant part
    whole, the proportional part of all the power. The grid's limit cuts what is left.
    """
    auxiliary = _constant(grid_kw, plant) + _proportional(grid_kw, plant)
    left = grid_kw - auxiliary
    most = np.inf if plant.poi_limit_mw is None else 1e3 * plant.poi_limit_mw
    poi = np.minimum(left, most)
    return poi, {"EPlantAux": auxiliary, "EGridLimit": left - poi}


def _constant(grid_kw: FloatArray, plant: PlantOptions) -> FloatArray:
    loss, threshold = plant.constant_auxiliary_kw or 0.0, plant.constant_auxiliary_threshold_kw or 0.0
    return np.where(grid_kw > threshold, loss, 0.0)


def _proportional(grid_kw: FloatArray, plant: PlantOptions) -> FloatArray:
    share = (plant.proportional_auxiliary_w_per_kw or 0.0) / 1e3
    threshold = plant.proportional_auxiliary_threshold_kw or 0.0
    return np.where(grid_kw > threshold, share * grid_kw, 0.0)
