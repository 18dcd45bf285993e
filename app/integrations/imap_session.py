"""One conversation with an IMAP server: connect, encrypt, log in, select; each failure gets its word."""

from __future__ import annotations

import imaplib
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from types import TracebackType

from app.core.uow import must_be_outside
from app.integrations.addresses import Address
from app.integrations.dialing import Deadline, dial, encrypt, find
from app.integrations.imap_route import ImapRoute, fit_folder
from app.integrations.imap_wire import Client, Farewell, Oversize, Refused, Wire
from app.integrations.outcome import RetryLater, Undeliverable
from app.integrations.sasl import bearer, masked, plain

FAREWELL_SECONDS = 2.0
# A line nobody speaks on for long is forgotten by what lies between; the system asks whether it still stands.
# And the library sends its lines in two parts, the second of which would wait 40 ms for the first to arrive.
OPTIONS = {
    socket.TCP_KEEPIDLE: 60,
    socket.TCP_KEEPINTVL: 20,
    socket.TCP_KEEPCNT: 3,
    socket.TCP_NODELAY: 1,
}


class ImapSession:
    """One connection; fails with ``RetryLater``, words see ``imap.open_mailbox``.

    Args:
        deadline: of the opening, running; later each command has its own.
    """

    def __init__(self, route: ImapRoute, deadline: Deadline) -> None:
        self.route = route
        self.uidvalidity = 0
        self._deadline = deadline
        self._addresses: list[Address] = []
        self._dialled: socket.socket  # set by _connect
        self._open: socket.socket | None = None
        self._client: Client | None = None

    def __enter__(self) -> ImapSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            with suppress(Exception):
                self._client.wire.begin(FAREWELL_SECONDS)
                self._client.wire.logout()
        self.hang_up()

    @property
    def alive(self) -> bool:
        """Whether commands can still be given; after a lost line or garbage none can."""
        return self._client is not None

    @property
    def client(self) -> Client:
        """The library.

        Raises:
            RetryLater: ``connection_lost``; the line was given up already.
        """
        if self._client is None:
            raise RetryLater(None, "connection_lost", self.route.host)
        return self._client

    @property
    def wire(self) -> Wire:
        """The line, else as ``client``."""
        return self.client.wire

    def hang_up(self) -> None:
        """Give the line up, without a word."""
        self._client = None
        if self._open is not None:
            self._open.close()

    def steps(self, folders: Sequence[str] = ()) -> Iterator[tuple[str, Callable[[], None]]]:
        """What leads to the point where mails can be listed, each step with its name.

        Args:
            folders: further ones that must be there.
        """
        yield "name", self._find
        yield "connection", self._connect
        yield "encryption", self._encrypt
        yield "login", self._log_in
        yield "folder", self._open_folder
        for folder in folders:
            yield "folder", partial(self._ask_for, folder)

    @contextmanager
    def talk(self, refusal: str, mail_bytes: int | None = None) -> Iterator[Client]:
        """Give commands.

        Args:
            refusal: the word when the server says no.
            mail_bytes: how large a mail in the answer may be; None when none is asked for.

        Raises:
            Undeliverable: ``message_too_large``; the mail is larger, the line is given up.
            UnitError: a unit of work is open.
        """
        must_be_outside()
        client = self.client
        client.wire.begin(self.route.patience, mail_bytes)
        with self._worded(refusal, "garbled"):
            yield client

    def select(self) -> int:
        """Open the folder, again if it is open, and return how many mails it has.

        Raises:
            RetryLater: ``folder_missing``, ``folder_read_only``, ``no_uidvalidity``; ``uidvalidity_changed``
                when it was made anew since it was opened first.
        """
        try:
            count, uidvalidity = self._selected()
            if self.uidvalidity not in (0, uidvalidity):
                raise RetryLater(None, "uidvalidity_changed", f"{self.uidvalidity} > {uidvalidity}")
        except RetryLater:
            self.hang_up()  # without an open folder every later command would look like a refusal
            raise
        self.uidvalidity = uidvalidity
        return count

    def has(self, folder: str) -> bool:
        """Whether there is such a folder; STATUS takes ``*`` and ``%`` for what they are, LIST would not."""
        try:
            self._ask_for(folder)
        except RetryLater as error:
            if error.reason != "folder_missing":
                raise
            return False
        return True

    def _find(self) -> None:
        route = self.route
        self._addresses = find(route.host, route.port, allow_private=route.allow_private)

    def _connect(self) -> None:
        dialled = dial(self._addresses, self.route.port, self.route.timeout, self._deadline)
        self._dialled = self._open = dialled
        dialled.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in OPTIONS.items():
            dialled.setsockopt(socket.IPPROTO_TCP, option, value)
        if self.route.tls != "implicit":
            self._greet(dialled)

    def _encrypt(self) -> None:
        if self.route.tls == "implicit":
            self._greet(self._wrapped())
        elif self.route.tls == "starttls":
            self._start_tls()

    def _greet(self, connection: socket.socket) -> None:
        route = self.route
        with self._worded("server_refused", "not_a_mail_server"):
            self._client = Client(Wire(connection, route.host, route.timeout, route.patience, self._deadline))

    def _start_tls(self) -> None:
        """A server that greets as if we were logged in (PREAUTH) would keep us from asking for TLS."""
        if not self.wire.offers("STARTTLS") or self.wire.state != "NONAUTH":
            raise RetryLater(None, "starttls_missing", self.route.host)
        with self.talk("starttls_refused"):
            self.wire._simple_command("STARTTLS")
            self.wire.encrypted_with(self._wrapped())

    def _wrapped(self) -> socket.socket:
        self._open = encrypt(self._dialled, self.route.host, self.route.ca_file, self._deadline)
        return self._open

    def _log_in(self) -> None:
        """One try, as servers lock accounts: with the token, or with the password by PLAIN, else by LOGIN."""
        route, wire = self.route, self.wire
        if wire.state != "NONAUTH":
            return
        if route.access_token:
            self._authenticate("XOAUTH2", bearer(route.username, route.access_token))
        elif wire.offers("AUTH=PLAIN"):
            self._authenticate("PLAIN", plain(route.username, route.password))
        elif not wire.offers("LOGINDISABLED") and _sayable(route.username) and _sayable(route.password):
            with self.talk("login_refused"):
                wire.login(wire._quote(route.username), route.password)
        else:
            self._not_offered()
        with self.talk("login_refused"):
            wire.ask_capabilities()

    def _authenticate(self, way: str, answer: bytes) -> None:
        if not self.wire.offers(f"AUTH={way}"):
            self._not_offered()
        with self.talk("login_refused"):
            self.wire.authenticate_with(way, answer)

    def _not_offered(self) -> None:
        ways = [name for name in self.wire.capabilities if name.startswith(("AUTH=", "LOGINDISABLED"))]
        raise RetryLater(None, "login_not_offered", " ".join(ways))

    def _open_folder(self) -> None:
        self.select()

    def _selected(self) -> tuple[int, int]:
        _judge_name(self.route.folder)
        with self.talk("folder_missing") as client:
            known = client.select_folder(self.route.folder)
            count, uidvalidity = int(known[b"EXISTS"]), int(known.get(b"UIDVALIDITY", 0))
            client.wire.seen_all()
        if not uidvalidity:
            raise RetryLater(None, "no_uidvalidity", self.route.host)
        return count, uidvalidity

    def _ask_for(self, folder: str) -> None:
        _judge_name(folder)
        with self.talk("folder_missing") as client:
            client.folder_status(folder, ["UIDVALIDITY"])

    @contextmanager
    def _worded(self, refusal: str, garbage: str) -> Iterator[None]:
        """Give every failure its word; what is not a plain refusal ends the conversation."""
        try:
            yield
        except Refused as refused:
            word = "busy" if refused.passing else refusal
            raise RetryLater(None, word, self._without_secrets(refused.words)) from None
        except Exception as error:  # garbage makes the library raise whatever its reading trips over
            self.hang_up()
            raise self._named(error, garbage) from None

    def _named(self, error: Exception, garbage: str) -> RetryLater | Undeliverable:
        match error:
            case RetryLater() | Undeliverable():
                return error
            case Oversize():
                return Undeliverable("message_too_large", str(error))
            case Farewell():
                return RetryLater(None, "busy", self._without_secrets(error.words))
            case imaplib.IMAP4.readonly():
                return RetryLater(None, "folder_read_only", self.route.folder)
            case imaplib.IMAP4.error() if said := _goodbye(error):
                return RetryLater(None, "busy", self._without_secrets(said))
        return RetryLater(None, garbage, type(error).__name__)

    def _without_secrets(self, said: str) -> str:
        """What the server said, without our password or token should it repeat them."""
        route = self.route
        return masked(said, route.username, route.password, route.access_token)


def _judge_name(folder: str) -> None:
    if not fit_folder(folder):
        raise RetryLater(None, "bad_folder", folder)


def _goodbye(error: Exception) -> str:
    """A greeting that is a farewell, which the library hands on as it came."""
    greeting = error.args[0] if error.args else None
    if isinstance(greeting, bytes) and greeting.upper().startswith(b"* BYE"):
        return greeting[2:].decode("utf-8", "replace")
    return ""


def _sayable(text: str) -> bool:
    """Whether LOGIN can carry it; a line end in it would begin a command of its own."""
    return text.isascii() and text.isprintable()
