"""A web server on loopback that keeps what it is sent and answers as a test tells it to.

    with HttpSink() as sink:
        sink.script(Answer(429, headers={"Retry-After": "30"}), Answer(202))
        …
        sink.wait_for(2)

A script is used up answer by answer; afterwards ``always`` counts (202 with no body, unless changed).
"""

from __future__ import annotations

import ssl
from collections import deque
from dataclasses import dataclass, field
from http.client import HTTPMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Event, Thread
from typing import Any

PATIENCE = 10.0
TRICKLE_SECONDS = 0.02


@dataclass(frozen=True)
class Answer:
    """What the server says.

    Args:
        hold: say nothing until ``release`` is called, then go on.
        hang_up: end the connection without an answer.
        trickle: send a header line that never ends, one byte at a time.
        body_length: announced length when it shall differ from the real one.
    """

    status: int = 202
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hold: bool = False
    hang_up: bool = False
    trickle: bool = False
    body_length: int | None = None


@dataclass(frozen=True)
class ReceivedRequest:
    method: str
    path: str
    headers: HTTPMessage
    body: bytes


class HttpSink:
    """Records requests, in the order they came in.

    Args:
        context: makes it an https server.
        host: loopback address to listen on.
    """

    def __init__(self, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.requests: list[ReceivedRequest] = []
        self.always = Answer()
        self.held = Event()
        self.connections = 0
        self._script: deque[Answer] = deque()
        self._released = Event()
        self._stopped = Event()
        self._changed = Condition()
        self._server = _Server((host, 0), self)
        self.host, self.port = host, int(self._server.server_address[1])
        self._scheme = "https" if context else "http"
        if context:
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def place(self) -> str:
        """``host:port``, as an allow-list names it."""
        return f"{self.host}:{self.port}"

    def url(self, path: str = "/", host: str = "") -> str:
        """The address of a path here; by another name for this machine when one is given."""
        return f"{self._scheme}://{host or self.host}:{self.port}{path}"

    def script(self, *answers: Answer) -> None:
        """Give these answers first, in this order."""
        self._script.extend(answers)

    def wait_for(self, count: int, timeout: float = PATIENCE) -> list[ReceivedRequest]:
        """The requests as soon as there are so many.

        Raises:
            TimeoutError: fewer came in that time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.requests) >= count, timeout):
                raise TimeoutError(f"{len(self.requests)} of {count} requests came")
            return list(self.requests)

    def release(self) -> None:
        """Let held answers go."""
        self._released.set()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(PATIENCE)

    def __enter__(self) -> HttpSink:
        self.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self.stop()

    def take(self, request: ReceivedRequest) -> Answer:
        with self._changed:
            self.requests.append(request)
            answer = self._script.popleft() if self._script else self.always
            self._changed.notify_all()
        if answer.hold:
            self._released.clear()
            self.held.set()
            self._released.wait(PATIENCE)
        return answer

    def pause(self) -> bool:
        """Between two bytes of a trickle; True when the server is being stopped."""
        return self._stopped.wait(TRICKLE_SECONDS)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], sink: HttpSink) -> None:
        self.sink = sink
        super().__init__(address, _Handler)

    def get_request(self) -> tuple[Any, Any]:
        self.sink.connections += 1
        return super().get_request()

    def handle_error(self, _request: Any, _address: Any) -> None:
        """A client that refuses our certificate or goes away is no error of the test."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE

    def _take(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        request = ReceivedRequest(self.command, self.path, self.headers, self.rfile.read(length))
        answer = self.server.sink.take(request)
        self.close_connection = True
        if answer.trickle:
            self._trickle()
        elif not answer.hang_up:
            self._say(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _take

    def _say(self, answer: Answer) -> None:
        length = len(answer.body) if answer.body_length is None else answer.body_length
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(length), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def _trickle(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.server.sink.pause():
            self.wfile.write(b"z")

    def log_message(self, *_args: Any) -> None:
        """Silent: the requests are in the sink."""
