"""How a process of the library is started, and what each of them does first."""

import ctypes
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from gnomon.library.keeper.pipe import Pipe

_PROGRAM = """
import json, sys
sys.path[:] = json.loads(sys.argv[2])
from gnomon.library.keeper.boot import begin
begin(int(sys.argv[1]), sys.argv[3], json.loads(sys.argv[4]))
"""
PARTS: Mapping[str, str] = {
    "desk": "gnomon.library.keeper.desk",
    "reader": "gnomon.library.keeper.reader",
    "parser": "gnomon.library.keeper.parser",
}
"""What a process may be, and the module whose `main` it runs."""
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_SECRET = re.compile("KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)
_PR_SET_PDEATHSIG = 1


def launch(
    part: str, order: Mapping[str, Any], *, is_quiet: bool = False
) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start a process that is told its order; return it and our end of its pipe.

    `__main__` is not imported in it, unlike in multiprocessing's children. It ends when the pipe does.
    """
    ours, theirs = socket.socketpair()
    given = [str(theirs.fileno()), json.dumps(sys.path), part, json.dumps(order)]
    with theirs:
        try:
            process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, *given],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL if is_quiet else 2,
                stderr=subprocess.DEVNULL if is_quiet else None,
                env={**_without_secrets(os.environ), **_ONE_THREAD},
            )
        except OSError:
            ours.close()
            raise
    return process, ours


def _without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Leave out what is of use to who takes a process over by a file that it reads."""
    return {name: value for name, value in environment.items() if not _SECRET.search(name)}


def begin(fd: int, part: str, order: dict[str, Any]) -> None:
    """Be the part of the library that the process was started for."""
    # Ctrl-C and a service manager's SIGTERM reach the whole group; the end of the pipe says when to leave.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    try:
        import_module(PARTS[part]).main(Pipe(socket.socket(fileno=fd)), order)
    except ConnectionError:
        os._exit(0)  # nobody is at the other end any more


def die_with_parent() -> None:
    """Have the kernel (Linux) kill this process with its parent: a busy one does not see its pipe end."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
