"""The account the environment describes: operators win over pages, so its connection is never kept in a table."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.mailroom.words import Tls


@dataclass(frozen=True, slots=True)
class FixedAccount:
    """What the environment says of the first account (docs in DEPLOYMENT.md, "Mail").

    Args:
        address: where its mail comes from and answers go.
        imap_host: empty when it only sends.
        smtp_host: empty when it only receives.
        ca_file: certificates to trust besides those of the system, empty for none.
        by_graph: there are no servers; it is read and sent from by Microsoft Graph.
    """

    address: str
    imap_host: str = ""
    imap_port: int = 993
    imap_username: str = ""
    imap_password: str = field(default="", repr=False)
    imap_folder: str = "INBOX"
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_tls: Tls = Tls.STARTTLS
    smtp_username: str = ""
    smtp_password: str = field(default="", repr=False)
    ca_file: str = ""
    by_graph: bool = False


_account: FixedAccount | None = None


def use(account: FixedAccount | None) -> None:
    """Make this the account of the environment in this process; None for none."""
    global _account
    _account = account


def account() -> FixedAccount | None:
    """The account the environment describes."""
    return _account
