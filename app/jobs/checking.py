"""Trying an account: each step on the way in or out, and a mail to somebody."""

from __future__ import annotations

from dataclasses import dataclass

from app.accounts.actors import MAIL
from app.core import clock
from app.core.language import _
from app.integrations import imap, smtp
from app.integrations.compose import Letter, Mailbox, compose
from app.integrations.outcome import RetryLater, Undeliverable
from app.integrations.steps import Step
from app.integrations.way import Slip
from app.jobs import checking_graph, sending, signing_in
from app.mailroom import connections
from app.mailroom.access import account_for
from app.mailroom.words import Afterwards


@dataclass(frozen=True, slots=True)
class Report:
    """How a way was found: ``steps`` in their order, the last one may have failed."""

    steps: list[Step]

    @property
    def is_fine(self) -> bool:
        return bool(self.steps) and self.steps[-1].ok


def way_in(account_id: int) -> Report | None:
    """Try to read the mailbox of an account without touching a mail; None when it only sends.

    Raises:
        NotFound: there is no such account.
        UnitError: a unit of work is open.
    """
    account = account_for(MAIL, account_id)
    if connections.is_graph(account):
        return Report(checking_graph.way_in(account_id)) if connections.receives(account) else None
    token = _token(account_id)
    if isinstance(token, Step):
        return Report([token])
    route = connections.way_in(account, token)
    # The folder mail is moved to is made when the first one is; it need not be there yet.
    folders = (account.done_folder,) if account.afterwards is Afterwards.MOVE else ()
    if route is None:
        return None
    steps = imap.check(route, folders)
    is_only_done_missing = len(steps) > 1 and steps[-2].name == steps[-1].name == "folder"
    return Report(steps[:-1] if is_only_done_missing and steps[-1].word == "folder_missing" else steps)


def way_out(account_id: int) -> Report | None:
    """Try the way out of an account without sending a mail; None when it only receives.

    Raises:
        NotFound: there is no such account.
        UnitError: a unit of work is open.
    """
    account = account_for(MAIL, account_id)
    if connections.is_graph(account):
        return Report(checking_graph.way_out(account_id)) if connections.sends(account) else None
    token = _token(account_id)
    if isinstance(token, Step):
        return Report([token])
    route = connections.way_out(account, token)
    return Report(smtp.check(route)) if route is not None else None


def send_test(account_id: int, to: str) -> str:
    """Send a short mail to somebody; returns the server's words.

    Raises:
        NotFound: there is no such account, or it does not send.
        RetryLater, Undeliverable: see ``Way.send``.
    """
    account = account_for(MAIL, account_id)
    way = sending.way_to_try(account_id)
    if way is None:
        raise Undeliverable("no_route")
    now = clock.now()
    letter = Letter(
        sender=Mailbox(account.address, account.name),
        recipient=Mailbox(to),
        subject=_("Test of the mail account %(address)s", address=account.address),
        text=_("This mail shows that the helpdesk can send from this account."),
        message_id=f"<test.{account_id}.{int(now.timestamp() * 1e6)}@{account.address.rpartition('@')[2]}>",
        date=now,
    )
    return way.send(compose(letter), Slip(account.address, to))


def _token(account_id: int) -> str | Step:
    try:
        return signing_in.token_for(account_id)
    except RetryLater as refused:
        return Step("token", False, refused.reason, refused.detail)
