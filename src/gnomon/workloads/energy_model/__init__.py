"""The photovoltaic energy model: resources, blocks, losses, and a result that closes."""

from gnomon.core.task import Visibility
from gnomon.core.workload import Workload
from gnomon.workloads.energy_model import check
from gnomon.workloads.energy_model.document import EnergyModel
from gnomon.workloads.energy_model.kinds import RESOURCE_KINDS
from gnomon.workloads.energy_model.simulation import BLOCKS_KIND, join, run, run_blocks

ENERGY_MODEL = Workload(
    kind="energy_model",
    title="Photovoltaic energy model",
    run=run,
    join=join,
    input_schema=EnergyModel.model_json_schema(),
    check=check.check_energy_model,
    references=check.references,
    alongside=("workspace_settings",),
)
BLOCKS = Workload(
    kind=BLOCKS_KIND,
    title="A share of an energy model's blocks",
    run=run_blocks,
    visibility=Visibility.INTERNAL,
)
WORKLOADS = (ENERGY_MODEL, BLOCKS)

__all__ = ["RESOURCE_KINDS", "WORKLOADS"]
