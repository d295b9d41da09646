"""A process of its own that reads a folder in: it is killed, or watched for how long it makes others wait."""

import random
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path

from gnomon.library.shelf import Shelf


class Clock:
    """The real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def chance(self, bits: int) -> int:
        return secrets.randbits(bits)


def text(number: int) -> str:
    """Write the text of a file; every fiftieth is long."""
    dice = random.Random(number)
    words = [f"w{dice.randrange(2000)}" for _ in range(60_000 if number % 50 == 7 else 80)]
    return f"Number n{number}.\n\n" + "\n\n".join(
        " ".join(words[at : at + 100]) + "." for at in range(0, len(words), 100)
    )


def say(words: str) -> None:
    """Write a line at once."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def main(file: str, folder: str) -> None:
    """Scan and read, and say each file that is done."""
    shelf = Shelf.open(Path(file), Clock())
    added = shelf.add_folder("w", Path(folder))
    shelf.scan(added.seq)
    shelf.read_in(lambda done, total, _: say(f"{done} {total}"))
    say("over")
    shelf.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
