"""What is known about a way out for mail, and addresses as they may stand in a command."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from app.integrations.outcome import Undeliverable

Tls = Literal["starttls", "implicit", "none"]

# Nothing that ends the line or the pointed brackets; quoted local parts are history.
UNFIT = re.compile(r"[\x00-\x20\x7f-\xa0<>,;:\\\"()\[\]]")
MAX_ADDRESS = 254


@dataclass(frozen=True, slots=True)
class SmtpRoute:
    """A way out for mail.

    Args:
        host: name of the server; the certificate must be for this name.
        tls: ``starttls`` (usual on port 587), ``implicit`` (465) or ``none`` (a relay on the same machine).
            What is asked for is never given up, whatever the server offers.
        username: empty when the server wants no login.
        access_token: a fresh one, to log in by OAuth 2.0 (XOAUTH2) in place of the password.
        timeout: seconds to wait for each answer.
        data_timeout: seconds for the mail itself, and again for the answer to it; servers look for viruses
            then, and giving up too early is how a mail arrives twice (RFC 5321, 4.5.3.2.6).
        ca_file: certificates to trust instead of those of the system.
        allow_private: whether addresses of this machine and of private networks may be used. Metadata
            services and the like stay closed.
    """

    host: str
    port: int = 587
    tls: Tls = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)
    timeout: float = 10.0
    data_timeout: float = 25.0
    ca_file: str | None = None
    allow_private: bool = True

    @property
    def patience(self) -> float:
        """Seconds after which a conversation is cut. A lease on the work must be longer, or it is done twice."""
        return 3 * self.timeout + self.data_timeout


def wire_address(address: str) -> str:
    """An address as it stands in an SMTP command; an international domain is encoded.

    Raises:
        Undeliverable: ``bad_address``.
    """
    local, _at, domain = address.rpartition("@")
    if not local or not domain or "@" in local or UNFIT.search(address) or len(address) > MAX_ADDRESS:
        raise Undeliverable("bad_address")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise Undeliverable("bad_address") from None
