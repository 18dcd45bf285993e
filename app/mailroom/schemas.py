"""What comes in at the mail room: a mail whose bytes are stored, and what administrators say of accounts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.accounts.addresses import Address
from app.core.schema import N_, Command, Id, Line, Lines, Maybe, OptionalId, refuse
from app.core.text import one_line, shorten
from app.integrations.imap_route import fit_folder
from app.mailroom.identity import Identity
from app.mailroom.words import Afterwards, Login, Tls

SOURCE_LENGTH = 190


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail that came in; ``sha256`` names its bytes in the store, ``size`` is in bytes.

    ``repeats_id``: the account has had another mail with its Message-ID. ``place_id``: where it lies on the server
    it was fetched from.
    """

    account: str
    identity: Identity
    sha256: str
    size: int
    source: str
    repeats_id: bool = False
    place_id: int | None = None
    mail_account_id: int | None = None


def source_note(name: str) -> str:
    """A file name as it may be stored and printed: one line without control characters, at most 190 characters.

    Args:
        name: as the system gives it, undecodable bytes as lone surrogates.
    """
    return shorten(one_line(name.encode("utf-8", "replace").decode("utf-8")), SOURCE_LENGTH)


def _host(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:_-]*", value):
        raise refuse(N_("Please enter the name of a server such as mail.company.example."))
    return value


def _token_url(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme != "https" or not parts.hostname or parts.username):
        raise refuse(N_("Please enter an address that begins with https."))
    return value


def _folder(value: str) -> str:
    """A line end in a name would be a command of its own (abuse case A23)."""
    if value and not fit_folder(value):
        raise refuse(N_("A folder cannot be called so."))
    return value


def _secret(value: str) -> str:
    """A secret stays as it is given, runs of spaces included; what no server could be told is refused."""
    if not value.isprintable():
        raise PydanticCustomError("unwritable", "unwritable")
    return value


def _server_login(value: Login) -> Login:
    """Microsoft Graph has a form of its own."""
    if value.is_graph:
        raise PydanticCustomError("enum", "enum")
    return value


def _graph_login(value: Login) -> Login:
    if not value.is_graph:
        raise PydanticCustomError("enum", "enum")
    return value


def _pattern(value: str) -> str:
    value = value.lower()
    if not re.fullmatch(r"[^@\s]*@[^@\s]+\.?[^@\s]*", value):
        raise refuse(N_("Please enter an address, or a domain such as @company.example."))
    return value


Host = Annotated[Line, Field(max_length=253), AfterValidator(_host)]
Port = Annotated[int, Field(ge=1, le=65535)]
Folder = Annotated[str, AfterValidator(_folder), Field(max_length=200)]
Login_ = Annotated[Line, Field(max_length=254)]
Secret = Annotated[str, AfterValidator(_secret), Field(max_length=4000)]


class AccountDefaults(Command):
    """What tickets from an account begin with, and how its mail is treated; an account of the environment has these."""

    name: Annotated[Line, Field(max_length=120)] = ""
    team_id: OptionalId = None
    category_id: OptionalId = None
    language: Literal["", "de", "en"] = ""
    afterwards: Afterwards = Afterwards.LEAVE
    done_folder: Folder = ""
    start_on: Maybe[date] = None
    max_mb: int = Field(40, ge=1, le=60)
    authserv_id: Host = ""
    plus_addressing: bool = False
    is_active: bool = False
    is_default: bool = False


class NewAccount(AccountDefaults):
    """A mailbox to read and to answer from by servers. Empty secrets keep what is stored."""

    address: Address
    login: Annotated[Login, AfterValidator(_server_login)] = Login.PLAIN
    imap_host: Host = ""
    imap_port: Port = 993
    imap_tls: Tls = Tls.IMPLICIT
    imap_username: Login_ = ""
    imap_password: Secret = ""
    imap_folder: Annotated[Folder, Field(min_length=1)] = "INBOX"
    smtp_host: Host = ""
    smtp_port: Port = 587
    smtp_tls: Tls = Tls.STARTTLS
    smtp_username: Login_ = ""
    smtp_password: Secret = ""
    oauth_token_url: Annotated[Line, Field(max_length=500), AfterValidator(_token_url)] = ""
    oauth_client_id: Annotated[Line, Field(max_length=200)] = ""
    oauth_scope: Annotated[Line, Field(max_length=500)] = ""
    oauth_client_secret: Secret = ""
    oauth_refresh_token: Secret = ""


class ChangeAccount(NewAccount):
    version: int = Field(ge=1)


class NewGraphAccount(AccountDefaults):
    """A mailbox at Microsoft 365, spoken to by Microsoft Graph.

    ``graph_changes``: mail may be marked and moved there, and drafts made.
    """

    address: Address
    login: Annotated[Login, AfterValidator(_graph_login)] = Login.GRAPH_APP
    imap_folder: Annotated[Folder, Field(min_length=1)] = "INBOX"
    graph_reads: bool = False
    graph_sends: bool = False
    graph_changes: bool = False


class ChangeGraphAccount(NewGraphAccount):
    version: int = Field(ge=1)


class ChangeDefaults(AccountDefaults):
    """``graph_changes`` counts for an account at Microsoft 365 only."""

    graph_changes: bool = False
    version: int = Field(ge=1)


class NewBlock(Command):
    """Whose mail becomes no ticket any more."""

    pattern: Annotated[Line, Field(min_length=3, max_length=254), AfterValidator(_pattern)]


class NewForwarding(Command):
    """What is sent to somebody outside about a ticket.

    ``with_request``: the request itself goes along. ``waits``: the ticket waits for the answer. ``file_ids``: files of
    the ticket that go along.
    """

    address: Address
    body: Annotated[Lines, Field(min_length=1)]
    with_request: bool = False
    waits: bool = False
    file_ids: list[Id] = Field(default_factory=list, max_length=20)
