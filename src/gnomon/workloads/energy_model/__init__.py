"""The photovoltaic energy model: resources, blocks, losses, and a result that closes."""
