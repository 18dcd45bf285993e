"""A mailbox at the simulated Microsoft, an account of the helpdesk that speaks to it, and the hand that has it read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from app.accounts.actors import SHELL
from app.core.db import db
from app.core.uow import run_unit
from app.integrations import entra
from app.jobs import fetching, sending
from app.jobs.fetching import Run
from app.mailroom.actions import connecting, graph_accounts
from app.mailroom.models import MailAccount, Mailbox
from app.mailroom.schemas import NewGraphAccount
from app.settings import fixed, microsoft, queries
from app.settings.microsoft import Surroundings
from tests.support import post
from tests.support.letters import SUPPORT
from tests.support.world import World
from tools.simulated_microsoft import Microsoft

SALES = "verkauf@firma.example"


@contextmanager
def registered(ms: Microsoft, *mailboxes: str) -> Iterator[None]:
    """The application is registered at the simulated Microsoft, and may be used for these mailboxes."""
    surroundings = Surroundings(authority=ms.base_url, graph_url=ms.graph_url, ca_file=ms.ca_file)
    values = {
        "tenant_id": ms.tenant_id,
        "client_id": ms.client_id,
        "client_secret": ms.client_secret,
        "mailboxes": ", ".join(mailboxes),
    }
    before, environment = microsoft._surroundings, fixed._fixed
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entra, "_known", None)
        microsoft.use(surroundings)
        fixed.use({**environment, "microsoft": values})
        queries.forget()
        try:
            yield
        finally:
            microsoft.use(before)
            fixed.use(environment)
            queries.forget()


class GraphOffice:
    """One mailbox, seen from both sides.

    Args:
        given: further fields of the account.
    """

    def __init__(self, world: World, ms: Microsoft, address: str = SUPPORT, **given: Any) -> None:
        self.world, self.ms, self.address = world, ms, address
        self.box = ms.mailbox(address)
        fields = {
            "address": address,
            "login": "graph",
            "graph_reads": "true",
            "graph_sends": "true",
            "graph_changes": "true",
            "start_on": "2020-01-01",
            "is_active": "true",
        }
        command = NewGraphAccount.model_validate(fields | given)
        self.id = run_unit(partial(graph_accounts.create, command, actor=SHELL)).id

    @property
    def account(self) -> MailAccount:
        db.session.expire_all()
        return db.session.get_one(MailAccount, self.id)

    @property
    def mailbox(self) -> Mailbox:
        db.session.expire_all()
        return db.session.get_one(Mailbox, self.id)

    def deliver(self, *mails: bytes, folder: str = "inbox") -> list[str]:
        """Put mails into the mailbox; returns the ids they have at first."""
        return [self.box.deliver(mail, folder) for mail in mails]

    def fetch(self, **given: Any) -> Run:
        """Have the mailbox read once."""
        db.session.rollback()
        run = fetching.fetch(self.id, **given)
        db.session.rollback()
        db.session.expire_all()
        return run

    def connect(self, key: str = "agent", scopes: tuple[str, ...] = ("Mail.ReadWrite", "Mail.Send")) -> None:
        """Somebody signs in at Microsoft and lets us read and send in their name."""
        person = self.ms.people[key]
        registration = microsoft.registration()
        assert registration is not None
        line = entra.entra_for(registration)
        flow = line.begin("http://localhost/auth/oauth_callback", scopes=scopes)
        answer = self.ms.visitor.parameters(self.ms.visitor.choose(flow["auth_uri"], person))
        came = line.finish(flow, answer)
        token = came.granted.refresh_token
        run_unit(partial(connecting.connect, self.id, token, person.upn, came.scopes, actor=SHELL))


def sending_by_graph() -> Any:
    """Let mails go out by the accounts as they are set up."""
    return post.servers(way_of=sending.way_of)
