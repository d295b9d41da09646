import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

# What several of these tests share stands in modules beside them, and tests are no package.
sys.path.insert(0, str(Path(__file__).parent / "support"))

from rig import PLANT, Hands, House, Tenant, found_tenant, open_app, open_house
from sent import LOCATION, weather


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    opened = open_house(tmp_path / "data")
    yield opened
    await opened.store.close()


@pytest.fixture
def app(house: House) -> Any:
    return open_app(house)


@pytest.fixture
def hands(house: House) -> Hands:
    return Hands(house)


@pytest.fixture
async def ours(house: House, app: Any) -> AsyncIterator[Tenant]:
    tenant = await found_tenant(house, app, "ours")
    yield tenant
    await tenant.client.aclose()


@pytest.fixture
async def theirs(house: House, app: Any) -> AsyncIterator[Tenant]:
    tenant = await found_tenant(house, app, "theirs")
    yield tenant
    await tenant.client.aclose()


@pytest.fixture
def pan() -> Path:
    return next(PLANT.glob("*.PAN"))


@pytest.fixture
def ond() -> Path:
    return next(PLANT.glob("*.OND"))


@pytest.fixture
async def site(ours: Tenant, pan: Path, ond: Path) -> Tenant:
    """Give our workspace with location, weather, module and inverter 1."""
    from gnomon.workloads.pvsyst_import.component import read

    await ours.post("/locations", LOCATION)
    await ours.post("/weatherdata", weather(locationId=1))
    for path, kind, keys in (("/modules", "module", pan), ("/inverters", "inverter", ond)):
        document = read(keys.read_bytes(), kind, keys.name)
        document.pop("model")
        await ours.post(f"{path}/json", document)
    return ours
