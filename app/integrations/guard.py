"""Where an outbound request may go: judged once, before anything is sent (A66)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.integrations.addresses import Address, Standing, standing
from app.integrations.dialing import resolve
from app.integrations.outcome import Undeliverable

PORTS = {"https": 443, "http": 80}
# What an address is made of (RFC 3986 §2). Neither the backslash, which some parsers take for a slash, nor a blank,
# which would end the request line, is among it.
PLAIN_URL = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
MAX_URL = 2048
HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


@dataclass(frozen=True, slots=True)
class Target:
    """A judged receiver: the name for TLS and the Host line, the addresses to connect to."""

    scheme: str
    host: str
    port: int
    addresses: tuple[Address, ...]


@dataclass(frozen=True)
class HttpGuard:
    """The rules for one kind of outbound request. Without any name: https on port 443 to public addresses.

    Args:
        allow_hosts: ``host`` or ``host:port`` permitted besides the patterns. With a port, that port and
            plain http on it are permitted too. The address must still be a public one.
        allow_private: ``host:port`` of our own network (on-premise receivers, tests), where an address of
            this machine or a private network is permitted too. Metadata services and tunnels stay closed.
        host_patterns: when given, other hosts must equal one of these or, for ``*.name``, end in ``.name``.
        ca_file: certificates to trust instead of the public ones.
    """

    allow_hosts: tuple[str, ...] = ()
    allow_private: tuple[str, ...] = ()
    host_patterns: tuple[str, ...] = ()
    ca_file: str | None = None

    def judge(self, url: str) -> Target:
        """Take the address apart, ask the name service once and judge every answer.

        Args:
            url: ASCII, as it goes onto the wire (an international host name already encoded).

        Raises:
            Undeliverable: ``bad_url``, ``scheme_not_allowed``, ``host_not_allowed``, ``port_not_allowed`` or
                ``address_not_allowed``.
            RetryLater: ``name_not_found``.
        """
        scheme, host, port = taken_apart(url)
        self.judge_name(scheme, host, port)
        addresses = resolve(host, port)
        accepted = {Standing.PUBLIC}
        if self._private(host, port):
            accepted.add(Standing.PRIVATE)
        if not addresses or any(standing(address) not in accepted for address in addresses):
            raise Undeliverable("address_not_allowed", host)
        return Target(scheme, host, port, tuple(addresses))

    def judge_name(self, scheme: str, host: str, port: int) -> None:
        """Judge what can be judged without asking the name service.

        Raises:
            Undeliverable: ``scheme_not_allowed``, ``host_not_allowed`` or ``port_not_allowed``.
        """
        with_port = self._private(host, port) or _netloc(host, port) in _lowered(self.allow_hosts)
        if not with_port and scheme != "https":
            raise Undeliverable("scheme_not_allowed", scheme)
        if not with_port and port != PORTS["https"]:
            raise Undeliverable("port_not_allowed", str(port))
        named = with_port or host in _lowered(self.allow_hosts)
        if not named and self.host_patterns and not matches(host, self.host_patterns):
            raise Undeliverable("host_not_allowed", host)

    def _private(self, host: str, port: int) -> bool:
        return _netloc(host, port) in _lowered(self.allow_private)


def is_named(host: str, port: int, names: tuple[str, ...]) -> bool:
    """Whether a server is one of those that were named as ``host`` or ``host:port``."""
    known, name = _lowered(names), host.lower().removesuffix(".")
    return name in known or _netloc(name, port) in known


def taken_apart(url: str) -> tuple[str, str, int]:
    """Scheme, host (lower case, no final dot) and port of a web address.

    Raises:
        Undeliverable: ``bad_url`` for anything unusual (blanks, control characters, a user name, no host);
            ``scheme_not_allowed`` for anything but http and https.
    """
    if len(url) > MAX_URL or not PLAIN_URL.fullmatch(url):
        raise Undeliverable("bad_url")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Undeliverable("bad_url") from None
    if parts.scheme not in PORTS:
        raise Undeliverable("scheme_not_allowed", parts.scheme)
    host = (parts.hostname or "").removesuffix(".")
    if "@" in parts.netloc or not _plausible(host):
        raise Undeliverable("bad_url")
    return parts.scheme, host, PORTS[parts.scheme] if port is None else port


def matches(host: str, patterns: tuple[str, ...]) -> bool:
    """Whether a host is named by a pattern: the same name, or below ``*.name``."""
    named = _lowered(patterns)
    return host in named or any(p.startswith("*.") and host.endswith(p[1:]) for p in named)


def _plausible(host: str) -> bool:
    """Whether it looks like a name or an address; urlsplit has already judged what stood in square brackets."""
    return "%" not in host if ":" in host else HOST_NAME.fullmatch(host) is not None


def _netloc(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _lowered(names: tuple[str, ...]) -> set[str]:
    return {name.lower() for name in names}
