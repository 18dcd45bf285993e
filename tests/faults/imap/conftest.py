"""A real mail server, people in its mailboxes, and a bad network before it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.imap.ways import WORD
from tests.support.dovecot import Dovecot
from tests.support.mailbox import MailProgram
from tests.support.tcp_proxy import TcpProxy


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """One server for all; each test has a mailbox of its own."""
    if not Dovecot.installed():
        pytest.skip(f"dovecot is not installed ({Dovecot.package})")
    with Dovecot({f"box-{number}@hd.example": WORD for number in range(100)}) as server:
        yield server


@pytest.fixture(scope="session")
def boxes(dovecot: Dovecot) -> Iterator[str]:
    return iter(dovecot.users)


@pytest.fixture
def program(dovecot: Dovecot, boxes: Iterator[str]) -> Iterator[MailProgram]:
    """A person in the same mailbox."""
    with MailProgram(dovecot, next(boxes)) as program:
        yield program


@pytest.fixture
def proxy(dovecot: Dovecot) -> Iterator[TcpProxy]:
    """A bad network before the port without TLS, so that it can see and change what is said."""
    with TcpProxy("127.0.0.1", dovecot.plain_port) as proxy:
        yield proxy
