"""How many automatic mails somebody gets in an hour, so that two machines never talk each other to death (A09, A13)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from app.core import clock, log
from app.core.db import db
from app.notifications.models import MailWindow

WINDOW = timedelta(hours=1)


def take_place(person_id: int, delivery_id: int, limit: int) -> datetime | None:
    """Claim one of the hour's places for a mail; the same mail asked for again has its place already.

    Args:
        limit: places an hour.

    Returns:
        None when there was a place, else the moment the next one is free.
    """
    window = _window(person_id)
    begin = clock.now() - WINDOW
    taken = [
        (i, at) for i, at in ((row[0], datetime.fromisoformat(row[1])) for row in window.sent) if at > begin
    ]
    if any(i == delivery_id for i, _at in taken):
        return None
    if len(taken) >= limit:
        return sorted(at for _i, at in taken)[-limit] + WINDOW
    taken.append((delivery_id, clock.now()))
    window.sent = [[i, at.isoformat()] for i, at in taken]
    db.session.flush()
    return None


def _window(person_id: int) -> MailWindow:
    """The person's window, locked; of two workers that make the first one at once both go on with one row."""
    found = db.session.get(MailWindow, person_id, with_for_update=True, populate_existing=True)
    if found is not None:
        return found
    try:
        with db.session.begin_nested():
            db.session.add(MailWindow(person_id=person_id, sent=[]))
    except IntegrityError:
        log.get(__name__).info("mail_window_made_twice", person_id=person_id)
    return db.session.get_one(MailWindow, person_id, with_for_update=True, populate_existing=True)
