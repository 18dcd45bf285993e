"""Ways to the mailboxes of the tests, and what is done on them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest

from app.integrations import imap
from app.integrations.imap import ImapRoute
from app.integrations.outcome import RetryLater
from tests.support.dovecot import Dovecot
from tests.support.mailbox import MailProgram
from tests.support.tcp_proxy import TcpProxy

WORD = "fictional"
MAIL = b"Subject: Drucker\r\nFrom: mia@kunde.example\r\n\r\nDer Drucker druckt nicht.\r\n"
MOST = 1_000_000


class Asleep(Event):
    """Does something as soon as the sleeper has lain down: the first time it looks whether to stop."""

    def __init__(self, deed: Callable[[], object]) -> None:
        super().__init__()
        self._deeds = iter([deed])

    def is_set(self) -> bool:
        for deed in itertools.islice(self._deeds, 1):
            deed()
        return False


def secure(dovecot: Dovecot, program: MailProgram, **changes: Any) -> ImapRoute:
    """The way with TLS from the first byte."""
    plain = {"host": "localhost", "port": dovecot.port, "username": program.user, "password": WORD}
    return ImapRoute(**{**plain, "ca_file": str(dovecot.authority), **changes})


def plain(proxy: TcpProxy, program: MailProgram, **changes: Any) -> ImapRoute:
    """The way through the bad network."""
    way = {"host": proxy.host, "port": proxy.port, "tls": "none", "username": program.user, "password": WORD}
    return ImapRoute(**{**way, "timeout": 5.0, **changes})


def later(route: ImapRoute) -> RetryLater:
    with pytest.raises(RetryLater) as failure, imap.open_mailbox(route):
        pass
    return failure.value


def word_of(call: Callable[[], object]) -> str:
    with pytest.raises(RetryLater) as failure:
        call()
    return failure.value.reason
