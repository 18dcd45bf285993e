"""A receiver of webhooks with nothing but Python's standard library (3.11).

    HELPDESK_SECRETS=<secret>[,<former secret>] python webhook_receiver.py [port]

It takes a call only when its signature is right, when it is fresh, and when it has not had the event before.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sys
import time
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

TOLERANCE_SECONDS = 300
LARGEST_BODY = 64 * 1024
REMEMBERED = 100_000


class Refused(Exception):
    """This call did not come from the helpdesk, is too old, or came before."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def check_signature(body: bytes, line: str, secrets: list[str], now: float) -> None:
    """Compare in constant time with each secret: during a change there are two on either side.

    Args:
        body: exactly the bytes that came, before anybody read them as JSON.
        line: the header ``Helpdesk-Signature``.

    Raises:
        Refused: signed by somebody else, changed on its way, or older than five minutes.
    """
    parts = [part.partition("=") for part in line.split(",")]
    moments = [value for name, _equals, value in parts if name == "t"]
    given = [value for name, _equals, value in parts if name == "v1"]
    if len(moments) != 1 or not (moments[0].isascii() and moments[0].isdigit()) or len(moments[0]) > 12:
        raise Refused(401, "no signature")
    signed = moments[0].encode() + b"." + body
    known = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    fits = [hmac.compare_digest(ours.encode(), theirs.encode()) for ours in known for theirs in given]
    if not any(fits):
        raise Refused(401, "wrong signature")
    if abs(now - int(moments[0])) > TOLERANCE_SECONDS:
        raise Refused(401, "too old")


class Memory:
    """The events that were taken. A real receiver keeps their ids beside its data, in the same transaction."""

    def __init__(self) -> None:
        self._taken: OrderedDict[str, None] = OrderedDict()
        self._lock = Lock()

    def take(self, event_id: str) -> None:
        """Raises Refused for an event that came before; 409 tells the helpdesk that we have it."""
        with self._lock:
            if event_id in self._taken:
                raise Refused(409, "known")
            self._taken[event_id] = None
            while len(self._taken) > REMEMBERED:
                self._taken.popitem(last=False)


def work_off(event: dict[str, object]) -> None:
    """Here your own work begins. Be quick: after ten seconds the helpdesk takes it for lost and calls again."""
    print(json.dumps(event), flush=True)


class Receiver(BaseHTTPRequestHandler):
    secrets: list[str] = []
    memory = Memory()

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or int(length) > LARGEST_BODY:
            return self._answer(413, "too large")
        body = self.rfile.read(int(length))
        try:
            check_signature(body, self.headers.get("Helpdesk-Signature", ""), self.secrets, time.time())
            event = json.loads(body)
            # The id is part of what is signed. A trial is about nothing and has none.
            if event["id"] is not None:
                self.memory.take(str(event["id"]))
        except Refused as refused:
            return self._answer(refused.status, str(refused))
        work_off(event)
        self._answer(200, "taken")

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_args: object) -> None:
        """Addresses and headers of callers need not stand in a log."""


def main() -> None:
    Receiver.secrets = [one for one in os.environ["HELPDESK_SECRETS"].split(",") if one]
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    server = ThreadingHTTPServer(("127.0.0.1", port), Receiver)
    print(f"listening on {server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
