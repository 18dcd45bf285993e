"""The jobs of the mail room: read every mailbox, and finish what a dead process left behind."""

from __future__ import annotations

import time
from functools import partial

from celery import shared_task
from flask import current_app

from app.core import log
from app.core.uow import run_unit
from app.jobs import fetching
from app.jobs.intake import NOWHERE, Intake
from app.jobs.outcomes import NotNow
from app.jobs.standing import standing
from app.mailroom import errands, queries
from app.mailroom.actions import accounts, secret_ending, silence
from app.mailroom.origin import Origin

BATCH = 200
# One run works so long, and one mail can take a minute more: whoever dies over it holds up the next for four.
ACCEPTING_SECONDS = 150


@standing("mail-accept", seconds=240)
def accept_waiting() -> None:
    """Make entries of mails that are kept and undecided although whoever began with them should be done."""
    until = time.monotonic() + ACCEPTING_SECONDS
    with open_intake() as intake:
        for raw_id in queries.waiting(BATCH):
            if time.monotonic() > until:
                return
            try:
                intake.finish(raw_id, only_due=True)
            except NotNow as error:
                log.get(__name__).warning("mail_waits", raw_id=raw_id, error=str(error))


@standing("mail-fetch", seconds=60)
def ask_for_mail() -> None:
    """Have every mailbox read, each by a task of its own, so that one that hangs holds up no other."""
    run_unit(accounts.ensure_environment)
    for account_id in errands.accounts_due():
        read_mailbox.delay(account_id)


@standing("mail-delta", seconds=60)
def ask_for_graph_mail() -> None:
    """Have mailboxes at Microsoft Graph read more often: to ask whether there is news costs little there."""
    for account_id in errands.accounts_due(by_graph=True):
        read_mailbox.delay(account_id)


@shared_task(name="mail-fetch-account", ignore_result=True)
def read_mailbox(account_id: int) -> None:
    """Read one mailbox; what one run does not get through is asked for again at once."""
    if fetching.fetch(account_id).more:
        read_mailbox.delay(account_id)


@standing("mail-silence", seconds=300)
def notice_silence() -> None:
    """Tell administrators of mailboxes that are silent for longer than usual, and of a secret that ends soon."""
    for account_id in silence.watched():
        run_unit(partial(silence.notice, account_id))
    run_unit(secret_ending.notice)


def open_intake(origin: Origin = NOWHERE) -> Intake:
    """An intake with the store and the scanner of the application at hand.

    Args:
        origin: where the mails come in.
    """
    extensions = current_app.extensions
    return Intake(extensions["storage"], scanned=extensions.get("scanner") is None, origin=origin)
