"""Names asked once, connections to judged addresses only, TLS, and a limit for a whole conversation."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Sequence
from ipaddress import ip_address
from threading import Lock, Timer
from types import TracebackType

from app.integrations.addresses import Address, Standing, standing
from app.integrations.outcome import RetryLater

# So many answers of the name service are tried in turn; each may cost one connect timeout.
TRIED_ADDRESSES = 3


def resolve(host: str, port: int) -> list[Address]:
    """Ask the name service once; every answer in its order, each once.

    Raises:
        RetryLater: ``name_not_found``; the name may exist tomorrow, or the name service may be down.
    """
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise RetryLater(None, "name_not_found", host) from None
    return list(dict.fromkeys(ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers))


def find(host: str, port: int, *, allow_private: bool) -> list[Address]:
    """The addresses of a server that an admin named, all of them judged.

    Args:
        allow_private: whether this machine and private networks are permitted; metadata services never are.

    Raises:
        RetryLater: ``name_not_found`` or ``address_not_allowed``.
    """
    addresses = resolve(host, port)
    accepted = {Standing.PUBLIC, Standing.PRIVATE} if allow_private else {Standing.PUBLIC}
    if not addresses or any(standing(address) not in accepted for address in addresses):
        raise RetryLater(None, "address_not_allowed", host)
    return addresses


class Deadline:
    """Ends the held connections when the time is up.

    A peer that answers one byte at a time never trips the timeout of a single read; this does.

    Args:
        seconds: from entering the context.
    """

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._handles: list[socket.socket] = []
        self._lock = Lock()
        self._timer = Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            while self._handles:
                self._handles.pop().close()

    def hold(self, connection: socket.socket) -> None:
        """Watch a fresh connection, by a second handle: TLS and http.client take the first one away."""
        with self._lock:
            self._handles.append(connection.dup())
        if self.passed:
            self._cut()

    def _cut(self) -> None:
        with self._lock:
            self.passed = True
            for handle in self._handles:
                with contextlib.suppress(OSError):
                    handle.shutdown(socket.SHUT_RDWR)


def dial(addresses: Sequence[Address], port: int, timeout: float, deadline: Deadline) -> socket.socket:
    """Connect to the first of these addresses that answers; no name is looked up any more.

    Args:
        addresses: already judged, at least one.
        timeout: seconds for each try; stays on the socket.

    Raises:
        RetryLater: ``connection_refused``, ``timeout`` or ``connection_failed``, as the last try ended.
    """
    reason = "connection_failed"
    for address in addresses[:TRIED_ADDRESSES]:
        try:
            connection = socket.create_connection((str(address), port), timeout)
        except ConnectionRefusedError:
            reason = "connection_refused"
        except TimeoutError:
            reason = "timeout"
        except OSError:
            reason = "connection_failed"
        else:
            deadline.hold(connection)
            return connection
    raise RetryLater(None, reason, f"port {port}")


def encrypt(connection: socket.socket, host: str, ca_file: str | None, deadline: Deadline) -> ssl.SSLSocket:
    """Put TLS around a connection; the certificate must be for this host.

    Args:
        ca_file: certificates to trust instead of those of the system.

    Raises:
        RetryLater: ``certificate``, ``timeout`` or ``tls_failed``.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
        return context.wrap_socket(connection, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        raise RetryLater(None, "certificate", error.verify_message) from None
    except TimeoutError:
        raise RetryLater(None, "timeout", host) from None
    except OSError as error:
        detail = getattr(error, "reason", None) or error.strerror or ""
        raise RetryLater(None, "timeout" if deadline.passed else "tls_failed", detail) from None
