"""`gnomon serve`: the server in the foreground, from the first line to a clean end."""

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import click
import uvicorn

from gnomon.cli.log import set_up
from gnomon.core.errors import GnomonError
from gnomon.core.hub import Hub
from gnomon.settings import Settings
from gnomon.web.abort import SOCKET_OPTIONS, SocketProtocol, StreamProtocol

if TYPE_CHECKING:
    from gnomon.wiring import OpenedServer


class _Server(uvicorn.Server):
    """A server that says when it listens, and ends all waits before it waits for its connections to end."""

    def __init__(self, config: uvicorn.Config, hub: Hub, greet: Callable[[], None]) -> None:
        super().__init__(config)
        self._hub = hub
        self._greet = greet

    async def startup(self, sockets: "list[socket.socket] | None" = None) -> None:
        """Listen, then say so: from here on a signal ends the server cleanly."""
        await super().startup(sockets)
        self._greet()

    async def shutdown(self, sockets: "list[socket.socket] | None" = None) -> None:
        """End the waits, then the connections."""
        self._hub.close()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals that end the server, and do not raise them again once it has ended cleanly."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


def serve(settings: Settings) -> None:
    """Run the server until a signal ends it."""
    set_up(settings.log_level)
    _raise_file_limit()
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(settings))
    except (GnomonError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _raise_file_limit() -> None:
    """Take as many open files as the system grants: each stream needs one, and the usual 1024 are soon gone."""
    if sys.platform == "win32":
        return
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _loop_factory() -> "type[asyncio.AbstractEventLoop] | None":
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.Loop


async def _serve(settings: Settings) -> None:
    # Imported late: `gnomon --help` and a wrong flag shall answer at once.
    from gnomon.wiring import open_server, url_host
    from gnomon.wiring.address import recorded
    from gnomon.wiring.probe import warn_of_absent
    from gnomon.wiring.research import public_url

    # Bound first: a port that is taken shall leave no trace of a server that never was.
    with _bind(settings.host, settings.port) as sock:
        host, port = sock.getsockname()[:2]
        async with open_server(settings, f"http://{url_host(host)}:{port}") as opened:
            shown = f"http://{f'[{host}]' if ':' in host else host}:{port}"
            looking = asyncio.create_task(warn_of_absent(settings))
            try:
                with recorded(settings.data, public_url(settings, f"http://{url_host(host)}:{port}")):
                    await _answer(opened, sock, partial(_greet, settings, opened, shown))
            finally:
                looking.cancel()


async def _answer(opened: "OpenedServer", sock: socket.socket, greet: Callable[[], None]) -> None:
    config = uvicorn.Config(
        opened.app,
        http=StreamProtocol,
        ws=SocketProtocol,
        **SOCKET_OPTIONS,
        lifespan="off",
        log_config=None,
        access_log=False,  # the door's edge writes a line that names the request
        timeout_graceful_shutdown=10,
        server_header=False,
    )
    # What stands now stands until the end: the collector need not look at it again. It took 50 ms each time.
    gc.collect()
    gc.freeze()
    # With thousands of streams a look at all that lives stops the server for half a second, and with the usual
    # thresholds that comes every few seconds: little that lives long goes in circles, so it may come seldom.
    gc.set_threshold(2_000, 10, 100)
    await _Server(config, opened.house.hub, greet).serve(sockets=[sock])


def _bind(host: str, port: int) -> socket.socket:
    """Bind the address; it listens once the server has started.

    Raises
    ------
    click.ClickException
        When it cannot be had.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise click.ClickException(
            f"There is no address {host} (--host): {error.strerror or error}."
        ) from error
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
    except OSError as error:
        sock.close()
        remedy = "Stop what uses it, or give another --port (0 takes a free one)."
        raise click.ClickException(f"Cannot listen on {host}:{port}: {error.strerror}. {remedy}") from error
    return sock


def _greet(settings: Settings, opened: "OpenedServer", address: str) -> None:
    if opened.has_new_keys:
        click.echo(f"Created the workspace. Its keys are in {opened.keys_file} (only you can read it).")
    if settings.no_auth:
        click.echo("Answering without keys (--no-auth): for trials on this machine only.")
    click.echo(f"Gnomon listens on {address}  (Ctrl-C stops it)")
    sys.stdout.flush()
