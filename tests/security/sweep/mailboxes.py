"""What stands in addresses about mailboxes: accounts, mails on a shelf, blocked senders, silenced addresses."""

from __future__ import annotations

import secrets
from functools import partial
from typing import Any

from app.accounts.actors import SHELL
from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.mailroom.actions import accounts, graph_accounts
from app.mailroom.models import BlockedSender, MutedAddress, RawMail
from app.mailroom.outcomes import Reason, State
from app.mailroom.schemas import NewAccount, NewGraphAccount
from app.mailroom.words import Login
from app.tickets.models import Ticket
from tests.security.sweep.things import NO_SUCH_ID, Asked, Trio, made_for

# Nothing listens there, so that a check ends at once.
CLOSED = 1


@made_for("account_id", "/admin/mail")
def _account(_asked: Asked) -> Trio:
    command = NewAccount(
        address=f"box-{secrets.token_hex(6)}@sample.example",
        imap_host="127.0.0.1",
        imap_port=CLOSED,
        imap_username="box",
        imap_password="word",
        smtp_host="127.0.0.1",
        smtp_port=CLOSED,
        is_active=True,
    )
    return str(run_unit(partial(accounts.create, command, actor=SHELL)).id), None, NO_SUCH_ID


@made_for("account_id", "/auth/microsoft/mailbox")
def _account_of_a_person(_asked: Asked) -> Trio:
    command = NewGraphAccount(
        address=f"box-{secrets.token_hex(6)}@sample.example", login=Login.GRAPH_USER, graph_reads=True
    )
    return str(run_unit(partial(graph_accounts.create, command, actor=SHELL)).id), None, NO_SUCH_ID


@made_for("raw_id", "/admin/quarantine")
def _mail_on_a_shelf(asked: Asked) -> Trio:
    own, foreign = (
        asked.stage.mail(ticket) for ticket in (asked.stage.team_ticket(), asked.stage.foreign_ticket())
    )

    def lay() -> None:
        raw = db.session.get_one(RawMail, own)
        raw.state, raw.reason, raw.ticket_id = State.QUARANTINED, Reason.FAILED, None

    run_unit(lay)
    return str(own), str(foreign), NO_SUCH_ID


@made_for("raw_id", "/admin/quarantine/<int:raw_id>/no-spam")
def _spam(asked: Asked) -> Trio:
    ticket, foreign = asked.stage.team_ticket(), asked.stage.mail(asked.stage.foreign_ticket())
    own = asked.stage.mail(ticket)

    def mark() -> None:
        raw = db.session.get_one(RawMail, own)
        raw.state, raw.reason = State.IGNORED, Reason.SPAM
        db.session.get_one(Ticket, ticket.id).deleted_at = clock.now()

    run_unit(mark)
    return str(own), str(foreign), NO_SUCH_ID


@made_for("blocked_id", "/admin/mail")
def _blocked(_asked: Asked) -> Trio:
    return (
        _added(BlockedSender(pattern=f"@{secrets.token_hex(6)}.example", created_at=clock.now())),
        None,
        NO_SUCH_ID,
    )


@made_for("muted_id", "/admin/mail")
def _muted(_asked: Asked) -> Trio:
    row = MutedAddress(address_key=f"{secrets.token_hex(6)}@sample.example", since=clock.now())
    return _added(row), None, NO_SUCH_ID


def _added(row: Any) -> str:
    run_unit(lambda: db.session.add(row))
    return str(row.id)
