"""A listener on loopback, plain or with TLS; a handshake that never ends holds up nobody else."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

PATIENCE = 10.0


def loopback(host: str) -> str:
    """The host, when it is this machine.

    Raises:
        ValueError: others could reach it.
    """
    if host == "localhost":
        return host
    try:
        inside = ipaddress.ip_address(host).is_loopback
    except ValueError:
        inside = False
    if not inside:
        raise ValueError(f"the simulated Microsoft listens on this machine only, not on {host}")
    return host


def trust(file: Path) -> ssl.SSLContext:
    """What a TLS listener needs."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(file)
    return context


class Listener:
    """Serves a WSGI application in threads of this process."""

    def __init__(
        self, host: str, port: int, app: Callable[..., Any], context: ssl.SSLContext | None = None
    ) -> None:
        self._server = _Server(host, port, app, _Handler)
        if context is not None:
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
            self._server.ssl_context = context
        shown = f"[{host}]" if ":" in host else host
        self.url = f"{'https' if context else 'http'}://{shown}:{self._server.port}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(PATIENCE)
        self._server.server_close()


class _Server(ThreadedWSGIServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, _request: Any, _address: Any) -> None:
        """A caller that refuses our certificate or goes away is no error of ours."""


class _Handler(WSGIRequestHandler):
    timeout = PATIENCE

    def log(self, *_args: Any, **_more: Any) -> None:
        """Silent: the requests are in the simulation's own log."""
