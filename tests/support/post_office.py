"""A mailbox on a real Dovecot, an account of the helpdesk that reads it, and the hand that has it read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from app.accounts.actors import SHELL
from app.core.db import db
from app.core.uow import run_unit
from app.jobs import fetching
from app.jobs.fetching import Run
from app.mailroom.actions import accounts
from app.mailroom.models import MailAccount, Mailbox
from app.mailroom.schemas import NewAccount
from tests.support.dovecot import Dovecot
from tests.support.letters import SUPPORT
from tests.support.mailbox import MailProgram
from tests.support.tcp_proxy import TcpProxy
from tests.support.world import World

WORD = "geheim-2026"


class PostOffice:
    """One mailbox, seen from both sides.

    Args:
        proxy: stands between the helpdesk and the server, for bad networks.
        given: further fields of the account.
    """

    def __init__(
        self,
        world: World,
        server: Dovecot,
        address: str = SUPPORT,
        *,
        proxy: TcpProxy | None = None,
        **given: Any,
    ) -> None:
        self.world = world
        self.address = address
        self.program = MailProgram(server, address)
        fields = {
            "address": address,
            "imap_host": "127.0.0.1",
            "imap_port": proxy.port if proxy else server.port,
            "imap_username": address,
            "imap_password": server.users[address],
            "start_on": "2020-01-01",
            "is_active": True,
        }
        command = NewAccount.model_validate(fields | given)
        self.id = run_unit(partial(accounts.create, command, actor=SHELL)).id

    @property
    def account(self) -> MailAccount:
        db.session.expire_all()
        return db.session.get_one(MailAccount, self.id)

    @property
    def mailbox(self) -> Mailbox:
        db.session.expire_all()
        return db.session.get_one(Mailbox, self.id)

    def deliver(self, *mails: bytes) -> list[int]:
        """Put mails into the mailbox; returns their UIDs."""
        return [self.program.append(mail) for mail in mails]

    def end(self) -> None:
        """Empty the mailbox for the next test."""
        for folder in self.program.folders():
            if uids := self.program.uids(folder):
                self.program.remove(*uids, folder=folder)
        self.program.close()

    def fetch(self, **given: Any) -> Run:
        """Have the mailbox read once."""
        db.session.rollback()
        run = fetching.fetch(self.id, **given)
        db.session.rollback()
        db.session.expire_all()
        return run


@contextmanager
def dovecot(*addresses: str) -> Iterator[Dovecot]:
    """A private server with these mailboxes, trusted by everything this process does."""
    with (
        pytest.MonkeyPatch.context() as patch,
        Dovecot(dict.fromkeys(addresses or (SUPPORT,), WORD)) as server,
    ):
        patch.setenv("SSL_CERT_FILE", str(server.authority))
        yield server
