"""One conversation with a mail server: connect, encrypt, log in, hand over; each failure gets its word."""

from __future__ import annotations

import base64
import re
import smtplib
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from types import TracebackType

from app.integrations.addresses import Address
from app.integrations.dialing import Deadline, dial, encrypt, find
from app.integrations.outcome import RetryLater, Undeliverable
from app.integrations.smtp_route import SmtpRoute

LINE_END = re.compile(rb"\r\n|\r|\n")
LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
FAREWELL_SECONDS = 2.0
# The server does not know this way of logging in although it named it (RFC 4954, 4; RFC 5321, 4.2.2).
UNKNOWN_WAY = range(500, 505)
Reply = tuple[int, bytes]


class SmtpSession:
    """One connection, used once; fails with ``RetryLater`` or ``Undeliverable``, words see ``smtp.send``."""

    def __init__(self, route: SmtpRoute, deadline: Deadline) -> None:
        self._route = route
        self._deadline = deadline
        self._client = smtplib.SMTP(timeout=route.timeout, local_hostname="localhost")
        self._addresses: list[Address] = []
        self._plain: socket.socket  # as dialled; set by _connect

    def __enter__(self) -> SmtpSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(smtplib.SMTPException, OSError):
            self._wait_at_most(FAREWELL_SECONDS)
            self._client.quit()
        self._client.close()

    def steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """What leads to the point where a mail can be handed over, each step with its name."""
        yield "name", self._find
        yield "connection", self._connect
        yield "encryption", self._encrypt
        if self._route.username:
            yield "login", self._log_in

    def hand_over(self, message: EmailMessage | bytes, sender: str, recipient: str) -> tuple[int, str]:
        """Give the mail to the server; returns its code and words."""
        international = not (sender + recipient).isascii()
        if international and not self._client.has_extn("smtputf8"):
            raise Undeliverable("address_not_supported")
        data = _on_the_wire(message, international)
        self._judge_size(len(data))
        with self._line():
            self._judge(self._client.mail(sender, self._options(data, international)), "sender_refused")
            self._judge(self._client.rcpt(recipient), "recipient_refused")
            self._judge(self._client.docmd("DATA"), "message_refused", good=range(354, 355))
            self._wait_at_most(self._route.data_timeout)
            self._client.send(data)
        reply = self._final_reply()
        self._judge(reply, "message_refused")
        return reply[0], self._words(reply)

    def _find(self) -> None:
        route = self._route
        self._addresses = find(route.host, route.port, allow_private=route.allow_private)

    def _connect(self) -> None:
        self._plain = dial(self._addresses, self._route.port, self._route.timeout, self._deadline)
        self._client.sock = self._plain
        # As RFC 5321, 4.1.4 has it for a client without a name; looking one up could hang.
        own: str = self._plain.getsockname()[0]
        self._client.local_hostname = f"[IPv6:{own}]" if ":" in own else f"[{own}]"
        if self._route.tls != "implicit":
            self._greet()

    def _encrypt(self) -> None:
        if self._route.tls == "implicit":
            self._wrap()
            self._greet()
        elif self._route.tls == "starttls":
            self._start_tls()

    def _greet(self) -> None:
        with self._line():
            reply = self._client.getreply()
            if reply[0] != 220:
                raise RetryLater(None, _host_word(reply[0], "server_refused"), self._words(reply))
            self._hello()

    def _hello(self) -> None:
        reply = self._client.ehlo()
        if reply[0] >= 500:
            reply = self._client.helo()
        if not 200 <= reply[0] < 300:
            raise RetryLater(None, _host_word(reply[0], "server_refused"), self._words(reply))

    def _start_tls(self) -> None:
        if not self._client.has_extn("starttls"):
            raise RetryLater(None, "starttls_missing", self._route.host)
        with self._line():
            reply = self._client.docmd("STARTTLS")
        if reply[0] != 220:
            raise RetryLater(None, "starttls_refused", self._words(reply))
        self._wrap()
        with self._line():
            self._hello()

    def _wrap(self) -> None:
        """Put TLS around the connection and forget what was said before it, as RFC 3207, 4.2 demands."""
        route = self._route
        self._client.sock = encrypt(self._plain, route.host, route.ca_file, self._deadline)
        self._client.file = None
        self._client.ehlo_resp = self._client.helo_resp = None
        self._client.esmtp_features = {}
        self._client.does_esmtp = False

    def _log_in(self) -> None:
        """PLAIN, else LOGIN, in UTF-8; a refused password is not tried twice, as servers lock accounts."""
        ways = self._client.esmtp_features.get("auth", "").upper().split()
        with self._line():
            reply = self._show_token(ways) if self._route.access_token else self._show_password(ways)
        if reply is None:
            raise RetryLater(None, "login_not_offered", " ".join(ways))
        if reply[0] not in (235, 503):
            raise RetryLater(None, _host_word(reply[0], "login_refused"), self._words(reply))

    def _show_token(self, ways: list[str]) -> Reply | None:
        """A refusal comes as a challenge that is answered with nothing; the code follows then."""
        if "XOAUTH2" not in ways:
            return None
        reply = self._client.docmd("AUTH", f"XOAUTH2 {_bearer(self._route)}")
        return self._client.docmd("") if reply[0] == 334 else reply

    def _show_password(self, ways: list[str]) -> Reply | None:
        reply: Reply | None = None
        if "PLAIN" in ways:
            reply = self._client.docmd("AUTH", f"PLAIN {_plain(self._route)}")
        if "LOGIN" in ways and (reply is None or reply[0] in UNKNOWN_WAY):
            reply = self._say_name_and_password()
        return reply

    def _say_name_and_password(self) -> Reply:
        reply = self._client.docmd("AUTH", "LOGIN")
        for text in (self._route.username, self._route.password):
            if reply[0] != 334:
                break
            reply = self._client.docmd(_base64(text.encode()))
        return reply

    def _options(self, data: bytes, international: bool) -> list[str]:
        options = ["SMTPUTF8"] if international else []
        if not data.isascii() and self._client.has_extn("8bitmime"):
            options.append("BODY=8BITMIME")
        if self._client.has_extn("size"):
            options.append(f"SIZE={len(data)}")
        return options

    def _judge_size(self, length: int) -> None:
        most = self._client.esmtp_features.get("size", "").strip()
        if most.isdigit() and 0 < int(most) < length:
            raise Undeliverable("message_too_large", f"{length} > {most}")

    def _final_reply(self) -> Reply:
        """The answer to the whole mail; without one nobody can know whether it was taken."""
        try:
            return self._client.getreply()
        except (smtplib.SMTPException, OSError):
            raise RetryLater(None, "outcome_unknown", self._route.host) from None

    def _judge(self, reply: Reply, refusal: str, good: range = range(200, 300)) -> None:
        code = reply[0]
        if code in good:
            return
        words = self._words(reply)
        if code == 530:
            raise RetryLater(None, "login_needed", words)
        if code == 552 and refusal != "recipient_refused":
            raise Undeliverable("message_too_large", words)
        if 500 <= code < 600:
            raise Undeliverable(refusal, words)
        raise RetryLater(None, _host_word(code, "not_a_mail_server"), words)

    def _words(self, reply: Reply) -> str:
        """What the server said, without our password should it repeat it."""
        said = reply[1].decode("utf-8", "replace")
        for secret in _secrets(self._route):
            said = said.replace(secret, "…")
        return f"{reply[0]} {said}"

    def _wait_at_most(self, seconds: float) -> None:
        if self._client.sock is not None:
            self._client.sock.settimeout(seconds)

    def _unless_late(self, word: str) -> str:
        return "timeout" if self._deadline.passed else word

    @contextmanager
    def _line(self) -> Iterator[None]:
        """Give a lost line its word; replies are judged by the caller."""
        try:
            yield
        except smtplib.SMTPResponseException:
            raise RetryLater(None, "not_a_mail_server", self._route.host) from None
        except OSError as error:
            silent = isinstance(error.__context__, TimeoutError)
            word = "timeout" if silent else self._unless_late("connection_lost")
            raise RetryLater(None, word, self._route.host) from None


def _host_word(code: int, otherwise: str) -> str:
    """The word for a reply that says something about the server, not about the mail."""
    if 400 <= code < 500:
        return "busy"
    return otherwise if code >= 100 else "not_a_mail_server"


def _on_the_wire(message: EmailMessage | bytes, international: bool) -> bytes:
    """The mail with CRLF line ends, lines that begin with a dot doubled, and the closing dot."""
    if isinstance(message, EmailMessage):
        policy = message.policy if isinstance(message.policy, EmailPolicy) else SMTP
        message = message.as_bytes(policy=policy.clone(linesep="\r\n", utf8=international))
    data = LEADING_DOT.sub(b"..", LINE_END.sub(b"\r\n", message))
    return data + (b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n")


def _plain(route: SmtpRoute) -> str:
    """The answer to AUTH PLAIN (RFC 4616)."""
    return _base64(f"\0{route.username}\0{route.password}".encode())


def _bearer(route: SmtpRoute) -> str:
    """The answer to AUTH XOAUTH2, as Google and Microsoft describe it."""
    return _base64(f"user={route.username}\1auth=Bearer {route.access_token}\1\1".encode())


def _secrets(route: SmtpRoute) -> list[str]:
    """What the server must not be quoted with, the longest forms first."""
    if route.access_token:
        return [_bearer(route), route.access_token]
    return [_plain(route), _base64(route.password.encode()), route.password] if route.password else []


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
