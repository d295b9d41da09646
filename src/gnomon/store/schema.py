"""Which schema a database has, and the way to the newest."""

import sqlite3
from contextlib import closing
from pathlib import Path

from gnomon.core.errors import SchemaTooNew, Unavailable

_STEPS = Path(__file__).parent / "migrations" / "versions"
REVISIONS = tuple(sorted(step.name.split("_")[0] for step in _STEPS.glob("[0-9]*.py")))
"""Every schema this version of Gnomon knows, oldest first."""


def prepare(database: Path) -> None:
    """Bring the database to the newest schema; a database that has it already costs one small read.

    Raises
    ------
    SchemaTooNew
        When a newer version of Gnomon wrote the database.
    """
    found = find_revision(database)
    if found == REVISIONS[-1]:
        return
    if found is not None and found not in REVISIONS:
        raise SchemaTooNew(
            f"{database} has schema {found}, and this version of Gnomon knows schemas up to {REVISIONS[-1]}. "
            "Install the Gnomon that wrote it, or a newer one."
        )
    # Alembic takes longer to import than the rest of the server takes to start.
    from gnomon.store.migrations.upgrade import upgrade

    upgrade(database)


def find_revision(database: Path) -> str | None:
    """Return the schema that the database has, or None when it is empty.

    Raises
    ------
    Unavailable
        When the file is something else.
    """
    with closing(sqlite3.connect(database)) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
            return None
        except sqlite3.DatabaseError as error:
            raise Unavailable(f"{database} is not a database of Gnomon ({error}); move it away.") from error
    return str(row[0]) if row else None
