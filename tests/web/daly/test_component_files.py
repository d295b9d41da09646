"""A component's file meets the checks that its JSON meets, on the whole server."""

import json
import re
from pathlib import Path

import httpx
import pytest
from server import serving

from gnomon.core.access import KeyRole
from gnomon.workloads.pvsyst_import.component import read


def changed(path: Path, key: str, value: str) -> bytes:
    """Return a file with another value for a key that it holds."""
    text = path.read_bytes().decode("utf-8-sig")
    wrong, count = re.subn(rf"(?m)^(\s*{key})=[^\r\n]*", rf"\g<1>={value}", text)
    assert count > 0
    return wrong.encode()


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("NCelS", "144", "NCelS: 144 cells in series and Voc"),
        ("RSerie", "0.9", "PNom: the one-diode curve gives"),
        ("RShunt", "1e12", "RShunt: 1e+12 is outside"),
    ],
)
async def test_a_file_is_refused_in_the_words_for_its_json(
    tmp_path: Path, pan: Path, key: str, value: str, words: str
) -> None:
    wrong = changed(pan, key, value)
    document = json.loads(json.dumps(read(wrong, "module", pan.name)))
    async with serving(tmp_path / "data", sync_wait=20.0) as served:
        headers = {"Authorization": f"Bearer {served.founded.keys[KeyRole.API]}"}
        async with httpx.AsyncClient(base_url=served.address, headers=headers, timeout=30) as client:
            del document["model"]
            plain = await client.post("/modules/json", json=document)
            filed = await client.post("/modules", files={"file": ("mine.PAN", wrong)})
            saved = (await client.get("/modules")).json()
    assert (plain.status_code, filed.status_code) == (422, 422), filed.text
    (told,) = [each["msg"] for each in plain.json()["detail"]]
    assert told.startswith(words)
    assert [each["msg"] for each in filed.json()["detail"]] == [f"mine.PAN: {told}"]
    assert saved == []


async def test_an_inverter_with_a_fraction_for_percent_is_refused(tmp_path: Path, ond: Path) -> None:
    wrong = changed(ond, "EfficMax", "0.98")
    async with serving(tmp_path / "data", sync_wait=20.0) as served:
        headers = {"Authorization": f"Bearer {served.founded.keys[KeyRole.API]}"}
        async with httpx.AsyncClient(base_url=served.address, headers=headers, timeout=30) as client:
            filed = await client.post("/inverters", files={"file": ("mine.OND", wrong)})
    assert filed.status_code == 422
    assert "EfficMax: 0.98 is a fraction; give percent, 98" in filed.text
