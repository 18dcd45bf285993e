"""What is known about a mailbox that is read, and names of folders as they may stand in a command."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

Tls = Literal["implicit", "starttls", "none"]

# Line ends and other control characters, and halves of characters, which cannot be encoded.
UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
MAX_FOLDER = 255


@dataclass(frozen=True, slots=True)
class ImapRoute:
    """A way to a mailbox.

    Args:
        host: name of the server; the certificate must be for this name.
        tls: ``implicit`` (usual on port 993), ``starttls`` (143) or ``none`` (a server on the same machine).
            What is asked for is never given up, whatever the server offers.
        access_token: a fresh one, to log in by OAuth 2.0 (XOAUTH2) in place of the password.
        folder: the one that is read.
        timeout: seconds to wait for each sign of life.
        data_timeout: seconds more for what is long, a whole mail or the list of a full mailbox.
        ca_file: certificates to trust instead of those of the system.
        allow_private: whether addresses of this machine and of private networks may be used. Metadata
            services and the like stay closed.
    """

    host: str
    port: int = 993
    tls: Tls = "implicit"
    username: str = ""
    password: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)
    folder: str = "INBOX"
    timeout: float = 10.0
    data_timeout: float = 90.0
    ca_file: str | None = None
    allow_private: bool = True

    @property
    def patience(self) -> float:
        """Seconds after which opening, or one command, is cut. A lease must outlive it between renewals."""
        return 3 * self.timeout + self.data_timeout


def fit_folder(name: str) -> bool:
    """Whether a folder can be called so; a line end in a name would begin a command of its own (A23)."""
    return 0 < len(name) <= MAX_FOLDER and not UNFIT.search(name)
