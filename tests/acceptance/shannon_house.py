"""A server as clients of the Shannon API expect one: no key, a slow model that answers anything, documents, a web.

    with shannon_house(tmp_path, pause=0.5) as house:
        ShannonClient(base_url=house.url)

    python -m tests.acceptance.shannon_house --port 8080 --pause 2      (until Ctrl-C)

With two seconds a call a simple task takes some four seconds, a research task of strategy standard or deep eight or
more; calls of one task go on side by side.
"""

import argparse
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .research_trial import wait_until
from .server import Server

# `research_trial` has made these findable.
from outside import allowing, the_web  # isort: skip
from scholar import Scholar  # isort: skip
from stub_model import StubModel  # isort: skip

DOCUMENTS = Path(__file__).parents[2] / "examples" / "documents"
SKILLS = DOCUMENTS.parent / "skills"
PAUSE = 2.0
"""Seconds of each call of the model."""
PAGES = {
    "/shannon": "<html><head><title>Shannon</title></head><body><h1>Claude Shannon</h1><p>Claude Shannon published A "
    "Mathematical Theory of Communication in 1948. He worked at Bell Labs in New Jersey.</p></body></html>",
    "/paris": "<html><head><title>Paris</title></head><body><h1>Paris</h1><p>Paris is the capital of France. Two "
    "million people live there.</p></body></html>",
}


class House(Server):
    """The server, and the model that stands behind it."""

    model: StubModel


@contextmanager
def shannon_house(
    data: Path, *options: str, port: int = 0, pause: float = PAUSE, has_web: bool = True
) -> Iterator[House]:
    """Run the server for the length of a block; it may be killed and started again within it."""
    with StubModel(otherwise=Scholar(pause=pause)) as model, the_web(PAGES) as web:
        settings = allowing(web)
        searching = ("--search", settings["search"][0], "--fetch-allow", "127.0.0.1/32", "--fetch-http")
        house = House(
            data,
            *("--port", str(port), "--no-auth", "--model", "scholar", "--model-url", model.url),
            *("--documents", str(DOCUMENTS), "--no-own-documents"),
            *(searching if has_web else ()),
            *options,
        )
        house.model = model
        house.start()
        try:
            _wait_for_documents(house)
            yield house
        finally:
            if house.is_running:
                house.stop()


def _wait_for_documents(house: House) -> None:
    log, count = house.data / "stderr.log", len(list(DOCUMENTS.iterdir()))

    def are_read() -> bool:
        return sum(map(int, re.findall(r"library\.read read=(\d+)", log.read_text()))) >= count

    wait_until(are_read, 30, "the documents to be read")


def main() -> None:
    """Run the server until it is interrupted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--pause", type=float, default=PAUSE, help="seconds of each call of the model")
    parser.add_argument("--data", type=Path, help="the data folder; a fresh one unless it is named")
    given, options = parser.parse_known_args()
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    signal.signal(signal.SIGINT, lambda *_: over.set())
    with tempfile.TemporaryDirectory() as fresh:
        data = given.data or Path(fresh) / "data"
        skills = () if "--skills" in options else ("--skills", str(SKILLS))
        with shannon_house(data, *skills, *options, port=given.port, pause=given.pause) as house:
            sys.stdout.write(f"{house.url}\n")
            sys.stdout.flush()
            over.wait()


if __name__ == "__main__":
    main()
