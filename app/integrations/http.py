"""One outbound web request under a guard: judged address, no redirects, limits on time and size."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from app.core.clock import now
from app.core.uow import must_be_outside
from app.integrations.dialing import Deadline, dial
from app.integrations.guard import HttpGuard, Target
from app.integrations.outcome import RetryLater, Undeliverable

USER_AGENT = "Helpdesk"
LONGEST_WAIT = timedelta(days=1)
UNFIT_FOR_URL = re.compile(r"[\x00-\x20\x7f-\xa0\\]")

# Its debug lines hold whole addresses, and in a webhook the address is the secret.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect (each address), for a sign of life, and for everything; bytes of the answer."""

    connect: float = 5.0
    read: float = 10.0
    total: float = 10.0
    answer_bytes: int = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; a longer body than the limit is ``cut``. Header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    cut: bool = False

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def retry_at(self) -> datetime | None:
        """The moment the other side asked us to wait for."""
        return retry_at(self.headers.get("retry-after", ""), now())

    def text(self, length: int = 2048) -> str:
        """The beginning of the body as text."""
        return self.body[: length * 4].decode("utf-8", "replace")[:length]


def send(
    guard: HttpGuard,
    method: str,
    url: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    limits: Limits | None = None,
) -> Answer:
    """Send one request and read its answer; any status is an answer, a redirect too.

    Args:
        guard: where it may go.
        url: the address; parts of it may be secret, so it appears in no error and no log.
        body: sent as it is; name its type in ``headers``.

    Raises:
        Undeliverable: the guard refuses the address (see ``HttpGuard.judge``).
        RetryLater: ``name_not_found``, ``connection_refused``, ``connection_failed``, ``timeout``,
            ``certificate``, ``tls_failed``.
        UnitError: a unit of work is open.
    """
    must_be_outside()
    limits = limits or Limits()
    prepared = _prepared(method, url, body, headers or {})
    target = guard.judge(prepared.url or "")
    with Deadline(limits.total) as deadline:
        try:
            return _exchange(prepared, target, guard.ca_file, limits, deadline)
        except (requests.RequestException, HTTPError, OSError) as error:
            raise RetryLater(None, _reason(error, deadline), target.host) from None


def retry_at(value: str, present: datetime) -> datetime | None:
    """Read a Retry-After line (RFC 9110, 10.2.3): seconds or a date; at most a day ahead, else None."""
    text = value.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return present + min(timedelta(seconds=int(text)), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max(at.astimezone(UTC), present), present + LONGEST_WAIT)


def _prepared(method: str, url: str, body: bytes, headers: Mapping[str, str]) -> requests.PreparedRequest:
    if UNFIT_FOR_URL.search(url):
        raise Undeliverable("bad_url")
    own = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", "Connection": "close"}
    try:
        return requests.Request(method, url, headers={**own, **headers}, data=body).prepare()
    except (requests.RequestException, UnicodeError):
        raise Undeliverable("bad_url") from None


def _exchange(
    prepared: requests.PreparedRequest,
    target: Target,
    ca_file: str | None,
    limits: Limits,
    deadline: Deadline,
) -> Answer:
    def call() -> socket.socket:
        return dial(target.addresses, target.port, limits.connect, deadline)

    with requests.Session() as session:
        session.trust_env = False
        session.mount(f"{target.scheme}://", _JudgedAdapter(target, call))
        response = session.send(
            prepared,
            stream=True,
            allow_redirects=False,
            timeout=(limits.connect, limits.read),
            verify=ca_file or True,
        )
        with response:
            body = _read(response.raw, limits.answer_bytes + 1)
        if deadline.passed:
            raise TimeoutError
        headers = {name.lower(): value for name, value in response.headers.items()}
        most = limits.answer_bytes
        return Answer(response.status_code, headers, body[:most], len(body) > most)


def _read(raw: HTTPResponse, most: int) -> bytes:
    """Never unpacked: a receiver that compresses although we said no could send a bomb."""
    body = bytearray()
    while len(body) < most and (piece := raw.read(most - len(body), decode_content=False)):
        body += piece
    return bytes(body)


def _reason(error: Exception, deadline: Deadline) -> str:
    if deadline.passed or isinstance(error, requests.Timeout | TimeoutError):
        return "timeout"
    if isinstance(error, requests.exceptions.SSLError):
        return "certificate" if "CERTIFICATE_VERIFY_FAILED" in str(error) else "tls_failed"
    return "connection_failed"


class _PlainConnection(HTTPConnection):
    """Connects to judged addresses; the name stays the one of the address line for everything above."""

    def __init__(self, *args: Any, call: Callable[[], socket.socket], **options: Any) -> None:
        super().__init__(*args, **options)
        self._call = call

    def _new_conn(self) -> socket.socket:
        return self._call()


class _TlsConnection(HTTPSConnection):
    """The same under TLS: server name and certificate are checked against the name."""

    def __init__(self, *args: Any, call: Callable[[], socket.socket], **options: Any) -> None:
        super().__init__(*args, **options)
        self._call = call

    def _new_conn(self) -> socket.socket:
        return self._call()


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _JudgedAdapter(HTTPAdapter):
    """Gives requests a connection to the judged target, whatever it would have looked up itself."""

    def __init__(self, target: Target, call: Callable[[], socket.socket]) -> None:
        kind = _TlsPool if target.scheme == "https" else _PlainPool
        self._pool = kind(target.host, target.port, maxsize=1, call=call)
        super().__init__(max_retries=0)

    def get_connection_with_tls_context(self, *_args: Any, **_options: Any) -> HTTPConnectionPool:
        return self._pool

    def close(self) -> None:
        self._pool.close()
        super().close()
