"""The library from the command line, beside a running server or without one."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gnomon.core.access import Workspace
from gnomon.core.errors import NotFound
from gnomon.core.hub import Hub
from gnomon.core.naming import no_such
from gnomon.library.keeper.parsing import Parser
from gnomon.library.shelf import Shelf
from gnomon.reading.file import SUFFIXES
from gnomon.store import access
from gnomon.store.driver import Readers
from gnomon.store.sqlite import SqliteStore
from gnomon.wiring.server import build_house, default_workspace, find_secret

LIBRARY = "library.sqlite"
