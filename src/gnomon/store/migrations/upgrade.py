"""Take a database to the newest schema."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event, pool


def upgrade(database: Path, revision: str = "head") -> None:
    """Run every missing step, each in a transaction of its own, data definition included."""
    engine = create_engine(f"sqlite:///{database}", poolclass=pool.NullPool)
    # The driver would begin late and commit before data definition; SQLite itself can roll both back.
    event.listen(engine, "connect", _leave_transactions_to_us)
    event.listen(engine, "begin", _begin)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _leave_transactions_to_us(connection: Any, _: Any) -> None:
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
