"""The standing job of the mail room: finish what a dead process left behind."""

from __future__ import annotations

from flask import current_app

from app.core import log
from app.jobs.intake import Intake, NotNow
from app.jobs.standing import standing
from app.mailroom import queries

BATCH = 200


@standing("mail-accept", seconds=900)
def accept_waiting() -> None:
    """Make entries of mails that are kept and undecided although whoever began with them should be done."""
    with open_intake() as intake:
        for raw_id in queries.waiting(BATCH):
            try:
                intake.finish(raw_id, only_due=True)
            except NotNow as error:
                log.get(__name__).warning("mail_waits", raw_id=raw_id, error=str(error))


def open_intake(account: str = "") -> Intake:
    """An intake with the store and the scanner of the application at hand.

    Args:
        account: where the mails come in.
    """
    extensions = current_app.extensions
    return Intake(extensions["storage"], scanned=extensions.get("scanner") is None, account=account)
