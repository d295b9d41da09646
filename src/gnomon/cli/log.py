"""The log as lines of an event and its fields: `task.claimed task_id=tsk_...`."""

import logging
import sys

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "color_message"}


class Fields(logging.Formatter):
    """Writes what a record was given as `extra` after its message, as `name=value`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the standard library's name
        """Return the line of one record, without its traceback."""
        given = {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
        fields = "".join(f" {name}={_word(value)}" for name, value in given.items())
        return super().formatMessage(record) + fields


def _word(value: object) -> str:
    """Keep a value on one line and in one piece."""
    text = str(value)
    is_plain = text.isprintable() and not any(letter in " \"'=" for letter in text)
    return text if text and is_plain else repr(text)


def set_up(level: str) -> None:
    """Log to standard error from the given level on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Fields())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # A line for each migration, and the web server's start and end beside our own: too little to be worth reading.
    for name in ("alembic", "uvicorn.error"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
