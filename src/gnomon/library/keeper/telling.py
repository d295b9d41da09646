"""A process's log goes over its pipe and is written by the server, in the server's form."""

import logging

from gnomon.library.keeper.pipe import Pipe

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class Teller(logging.Handler):
    """Sends each record over a pipe."""

    def __init__(self, pipe: Pipe) -> None:
        super().__init__()
        self._pipe = pipe

    def emit(self, record: logging.LogRecord) -> None:
        """Send the record, with its traceback as a field."""
        given = {
            name: str(value) if not isinstance(value, int | float) else value
            for name, value in record.__dict__.items()
            if name not in _STANDARD
        }
        if record.exc_info:
            given["traceback"] = logging.Formatter().formatException(record.exc_info)
        try:
            self._pipe.send(
                {
                    "op": "log",
                    "logger": record.name,
                    "level": record.levelno,
                    "event": record.getMessage(),
                    "fields": given,
                }
            )
        except OSError:
            return  # the server is gone; so is its log


def tell_by(pipe: Pipe, level: int) -> None:
    """Send all that this process logs from the level on over the pipe."""
    logging.basicConfig(level=level, handlers=[Teller(pipe)], force=True)
