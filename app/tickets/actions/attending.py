"""Who is at a ticket just now: presence, drafts, read marks. None of it is worth a line in the log."""

from __future__ import annotations

import sqlalchemy as sa

from app.core import clock
from app.core.actor import Actor
from app.core.db import db, rows_changed
from app.core.schema import BODY_LENGTH
from app.events.log import action
from app.tickets.access import Need, ticket_for
from app.tickets.models import Draft, Presence, ReadMark, Ticket
from app.tickets.words import PresenceMode


@action(silent="presence is forgotten after 25 seconds and never kept")
def be_present(actor: Actor, ticket_id: int, mode: PresenceMode) -> None:
    """Note that the actor reads a ticket or writes an answer.

    Raises:
        NotFound, Forbidden: see access.
    """
    ticket = ticket_for(actor, ticket_id, Need.WORK)
    now = clock.now()
    key = (ticket.id, actor.person_id)
    row = db.session.get(Presence, key)
    if row is None:
        row = Presence(ticket_id=ticket.id, person_id=actor.person_id or 0, mode=mode, since=now)
        db.session.add(row)
    if row.mode is not mode:
        row.mode, row.since = mode, now
    row.seen_at = now


@action(silent="leaving is the end of presence")
def leave(actor: Actor, ticket_id: int) -> None:
    """Note that the actor looks elsewhere now."""
    db.session.execute(
        sa.delete(Presence).where(Presence.ticket_id == ticket_id, Presence.person_id == actor.person_id)
    )


@action(silent="a draft is nobody's business but its writer's")
def save_draft(actor: Actor, ticket_id: int, *, is_internal: bool, body: str) -> Draft | None:
    """Keep what the actor is writing; an empty text forgets the draft.

    Raises:
        NotFound, Forbidden: see access.
    """
    ticket = ticket_for(actor, ticket_id, Need.NOTE if is_internal else Need.COMMENT)
    draft = db.session.get(Draft, (actor.person_id, ticket.id, is_internal))
    if not body.strip():
        if draft is not None:
            db.session.delete(draft)
        return None
    if draft is None:
        draft = Draft(person_id=actor.person_id or 0, ticket_id=ticket.id, is_internal=is_internal, body="")
        db.session.add(draft)
    draft.body, draft.saved_at = body[:BODY_LENGTH], clock.now()
    db.session.flush()
    return draft


@action(silent="what somebody has read is no change of the ticket")
def mark_read(actor: Actor, ticket_id: int, entry_id: int) -> None:
    """Remember up to which entry the actor has read.

    Raises:
        NotFound: see access.
    """
    read_up_to(ticket_for(actor, ticket_id), entry_id, actor=actor)


def read_up_to(ticket: Ticket, entry_id: int, *, actor: Actor) -> None:
    """Move the actor's place in a ticket forward, never back."""
    now, last = clock.now(), min(entry_id, ticket.last_entry_id)
    further = sa.case((ReadMark.entry_id < last, last), else_=ReadMark.entry_id)
    moved = rows_changed(
        sa.update(ReadMark)
        .where(ReadMark.person_id == actor.person_id, ReadMark.ticket_id == ticket.id)
        .values(entry_id=further, read_at=now)
        .execution_options(synchronize_session=False)
    )
    if not moved:
        mark = ReadMark(person_id=actor.person_id or 0, ticket_id=ticket.id, entry_id=last, read_at=now)
        db.session.add(mark)
