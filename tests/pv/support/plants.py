"""Small changes to plants that many tests make."""

from dataclasses import replace
from typing import Any

from gnomon.pv.plant import Block


def with_input(block: Block, **changes: Any) -> Block:
    """Return the block with changes to its first input."""
    return replace(block, inputs=(replace(block.inputs[0], **changes), *block.inputs[1:]))


def with_module(block: Block, **changes: Any) -> Block:
    """Return the block with changes to the module of its first input."""
    return with_input(block, module=replace(block.inputs[0].module, **changes))
