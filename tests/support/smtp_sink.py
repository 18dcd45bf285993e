"""A mail server on loopback that keeps what it is given and answers as a test tells it to.

    with SmtpSink() as sink:
        sink.script("rcpt", "550 5.1.1 no such user", recipient="gone@kunde.example")
        …
        mail = sink.wait_for(1)[0]

A script is used up answer by answer, then the server is friendly again; ``always`` stays. Besides reply lines an
answer can be HANG (says nothing until ``release``) or CLOSE (hangs up without a word).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Condition, Event
from typing import Any, Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.loop_thread import LoopThread
from tests.support.smtp_tokens import TakesTokens

Stage = Literal["greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "end"]
HANG = "hang"
CLOSE = "close"
KEPT = "250 2.0.0 kept"


@dataclass(frozen=True)
class ReceivedMail:
    """A mail that came in whole. ``answer`` is the first line it got back, or HANG or CLOSE."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes = field(repr=False)
    options: tuple[str, ...]
    encrypted: bool
    login: str
    answer: str

    @property
    def message(self) -> EmailMessage:
        made = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(made, EmailMessage)
        return made


@dataclass
class _Rule:
    stage: Stage
    answer: str
    recipient: str | None
    once: bool


class SmtpSink:
    """Records mails, logins and commands.

    Args:
        tls: how the server encrypts; ``starttls`` and ``implicit`` need a ``context``.
        users: name and password pairs; when given, mail is only taken after a login.
        ways: login mechanisms offered.
        size_limit: in bytes, announced by EHLO and enforced.
    """

    def __init__(
        self,
        *,
        tls: Literal["none", "starttls", "implicit"] = "none",
        context: ssl.SSLContext | None = None,
        users: dict[str, str] | None = None,
        ways: Iterable[str] = ("PLAIN", "LOGIN"),
        size_limit: int = 33_554_432,
        smtputf8: bool = True,
    ) -> None:
        self.tls, self.context, self.users, self.ways = tls, context, users or {}, set(ways)
        self.size_limit, self.smtputf8 = size_limit, smtputf8
        self.host, self.port = "127.0.0.1", 0
        self.attempts: list[ReceivedMail] = []
        self.logins: list[tuple[str, str, str]] = []
        self.commands: list[str] = []
        self.connections = 0
        self.held = Event()
        self._rules: list[_Rule] = []
        self._changed = Condition()
        self._released: asyncio.Event | None = None
        self._thread = LoopThread(self._serve)
        self.transports = self._thread.transports

    @property
    def mails(self) -> list[ReceivedMail]:
        """What the server took over with a 2xx."""
        with self._changed:
            return [mail for mail in self.attempts if mail.answer.startswith("2")]

    def script(self, stage: Stage, *answers: str, recipient: str | None = None) -> None:
        """Give these answers, each once, in this order; for ``rcpt`` optionally to one recipient only."""
        self._rules.extend(_Rule(stage, answer, recipient, once=True) for answer in answers)

    def always(self, stage: Stage, answer: str, recipient: str | None = None) -> None:
        """Give this answer to the end."""
        self._rules.append(_Rule(stage, answer, recipient, once=False))

    def wait_for(self, count: int, timeout: float = 10.0) -> list[ReceivedMail]:
        """The accepted mails as soon as there are so many.

        Raises:
            TimeoutError: fewer came in that time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.mails) >= count, timeout):
                raise TimeoutError(f"{len(self.mails)} of {count} mails came")
        return self.mails

    def release(self) -> None:
        """Let hanging conversations go on: they get a friendly answer now."""
        self.held.clear()
        if self._released:
            self._thread.call(self._released.set)

    def start(self) -> SmtpSink:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._thread.stop()

    def __enter__(self) -> SmtpSink:
        return self.start()

    def __exit__(self, *_failure: object) -> None:
        self.stop()

    async def _serve(self) -> asyncio.Server:
        self._released = asyncio.Event()
        context = self.context if self.tls == "implicit" else None
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Conversation(self), self.host, self.port, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        return server

    def answer_to(self, stage: Stage, recipient: str = "") -> str | None:
        """The scripted answer, used up unless it is one for always."""
        for rule in self._rules:
            if rule.stage == stage and rule.recipient in (None, recipient):
                if rule.once:
                    self._rules.remove(rule)
                return rule.answer
        return None

    async def hang(self) -> None:
        assert self._released is not None
        self._released.clear()
        self.held.set()
        await self._released.wait()

    def keep(self, mail: ReceivedMail) -> None:
        with self._changed:
            self.attempts.append(mail)
            self._changed.notify_all()


class _Session(Session):
    login_data = None  # the original is a property that warns whenever the library itself uses it


class _Handler(TakesTokens):
    """The hooks of aiosmtpd that set replies; a separate object, as the library asks it for more by name."""

    def __init__(self, sink: SmtpSink) -> None:
        self._sink = sink

    async def handle_EHLO(
        self, _server: Any, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self._sink.commands.append(f"EHLO {hostname}")
        return [line for line in responses if self._sink.users or not line.startswith("250-AUTH")]

    async def handle_DATA(self, server: _Conversation, _session: Session, envelope: Envelope) -> str:
        answer = self._sink.answer_to("end") or KEPT
        self._sink.keep(server.received(envelope, answer))
        if answer == HANG:
            await self._sink.hang()
            answer = KEPT
            self._sink.keep(server.received(envelope, answer))
        if answer == CLOSE:
            await server.hang_up()
        return answer


class _Conversation(SMTP):
    """One connection; every stage asks the script first."""

    def __init__(self, sink: SmtpSink) -> None:
        self._sink = sink
        super().__init__(
            _Handler(sink),
            hostname="mail.sink.example",
            ident="sink",
            loop=asyncio.get_running_loop(),
            data_size_limit=sink.size_limit,
            enable_SMTPUTF8=sink.smtputf8,
            tls_context=sink.context if sink.tls == "starttls" else None,
            auth_require_tls=sink.tls == "starttls",
            auth_exclude_mechanism={"PLAIN", "LOGIN", "XOAUTH2"} - sink.ways,
            authenticator=self._authenticate_user,
        )

    def _create_session(self) -> Session:
        return _Session(self.loop)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._sink.transports.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._sink.transports.discard(self.transport)
        self._sink.transports.discard(self._original_transport)
        super().connection_lost(error)

    async def _handle_client(self) -> None:
        self._sink.connections += 1
        if not await self._scripted("greeting"):
            await super()._handle_client()

    async def smtp_EHLO(self, hostname: str) -> None:
        if not await self._scripted("ehlo"):
            await super().smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:
        if not await self._scripted("starttls"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:
        self._sink.commands.append(f"AUTH {(arg or '').partition(' ')[0]}")
        if not await self._scripted("auth"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:
        self._sink.commands.append(f"MAIL {arg}")
        if await self._scripted("mail"):
            return
        if self._sink.users and not self.session.authenticated:
            await self.push("530 5.7.0 Authentication required")
            return
        await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        self._sink.commands.append(f"RCPT {arg}")
        recipient = (arg or "").partition("<")[2].partition(">")[0]
        if not await self._scripted("rcpt", recipient):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        self._sink.commands.append("DATA")
        if not await self._scripted("data"):
            await super().smtp_DATA(arg)

    def received(self, envelope: Envelope, answer: str) -> ReceivedMail:
        return ReceivedMail(
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            content=envelope.original_content or b"",
            options=tuple(envelope.mail_options),
            encrypted=self._sink.tls == "implicit" or self.session.ssl is not None,
            login=self.session.auth_data.login.decode() if self.session.authenticated else "",
            answer=answer,
        )

    def _authenticate_user(
        self, _server: Any, _session: Session, _envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        user, password = data.login.decode(), data.password.decode()
        self._sink.logins.append((user, password, mechanism))
        return AuthResult(success=self._sink.users.get(user) == password, handled=False, auth_data=data)

    async def _scripted(self, stage: Stage, recipient: str = "") -> bool:
        answer = self._sink.answer_to(stage, recipient)
        if answer is None:
            return False
        if answer == CLOSE:
            await self.hang_up()
        if answer == HANG:
            await self._sink.hang()
            return False
        await self.push(answer)
        if answer.startswith("421") or stage == "greeting":
            self.transport.close()
        return True

    async def hang_up(self) -> None:
        """End the connection; losing it cancels this conversation, so nothing is said any more."""
        self.transport.abort()
        await asyncio.Event().wait()
