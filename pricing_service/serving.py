"""The web server around the application. One process: its memory is what decisions are made from."""

import errno
import gc
import socket
from typing import NamedTuple

import structlog
import uvicorn

from pricing_service.app import create
from pricing_service.service import Service
from pricing_service.settings import Settings, port_taken

GRACE_SECONDS = 10  # what is under way may end after a stop was asked for


def options() -> dict:
    """How uvicorn runs; the benchmark's no-op server runs the same way."""
    return {
        "access_log": False,
        "log_level": "warning",
        "server_header": False,
        "date_header": True,
        "timeout_graceful_shutdown": GRACE_SECONDS,
    }


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. asyncio switches Nagle's delay off only where the protocol is named: 40 ms an answer."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        if error.errno != errno.EADDRINUSE:
            raise
        raise SystemExit(port_taken(port, "RUNG_SERVICE_PORT")) from error
    listening.listen(1024)
    return listening


class Started(NamedTuple):
    """A service that has all it needs to answer, and where it is asked."""

    web: uvicorn.Server
    listening: socket.socket

    def run(self) -> None:
        """Serve until SIGTERM or Ctrl-C; tells its port once requests are taken, for port 0 may be asked for."""
        structlog.get_logger("rung.service").info("listening", port=self.listening.getsockname()[1])
        settle_memory()
        self.web.run(sockets=[self.listening])


def started(settings: Settings) -> Started:
    """The service of ``settings`` with its other processes, ready to run."""
    listening = listen(settings.service_host, settings.service_port)
    return Started(server(Service(settings, apart=True)), listening)


def settle_memory() -> None:
    """What was made until now stays: to look through all of it for garbage takes a tenth of a second each time."""
    gc.collect()
    gc.freeze()


def server(service: Service) -> uvicorn.Server:
    """The web server around ``service``, which hears from it that it is to stop."""
    web = uvicorn.Server(uvicorn.Config(create(service), **options()))
    service.stopping = lambda: web.should_exit
    return web
