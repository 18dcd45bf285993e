"""Who is at a ticket just now: presence, drafts, read marks. None of it is worth a line in the log."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from app.core import clock
from app.core.actor import Actor
from app.core.db import db, rows_changed
from app.core.schema import BODY_LENGTH
from app.events.log import action
from app.tickets.access import Need, ticket_for
from app.tickets.models import Draft, Presence, ReadMark, ScheduledReply, Ticket
from app.tickets.words import PresenceMode, ScheduledState


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


def into_draft(person_id: int, ticket_id: int, body: str, attachment_ids: Sequence[int] = ()) -> None:
    """Put what was not sent after all before whatever its writer has begun meanwhile; files go along."""
    draft = db.session.get(Draft, (person_id, ticket_id, False), with_for_update=True, populate_existing=True)
    if draft is None:
        draft = Draft(person_id=person_id, ticket_id=ticket_id, is_internal=False, body="")
        db.session.add(draft)
    draft.body = body if not draft.body else f"{body}\n\n{draft.body}"
    draft.attachment_ids = [*dict.fromkeys([*attachment_ids, *(draft.attachment_ids or ())])] or None
    draft.saved_at = clock.now()
    db.session.flush()


def forget_draft(actor: Actor, ticket: Ticket, *, is_internal: bool) -> None:
    """Forget what was written now that it is said; so are own replies that were stopped before."""
    drafts = sa.delete(Draft).where(
        Draft.person_id == actor.person_id,
        Draft.ticket_id == ticket.id,
        Draft.is_internal.is_(is_internal),
    )
    db.session.execute(drafts.execution_options(synchronize_session=False))
    if is_internal or not ticket.has_scheduled:
        return
    stopped = sa.update(ScheduledReply).where(
        ScheduledReply.ticket_id == ticket.id,
        ScheduledReply.author_id == actor.person_id,
        ScheduledReply.state == ScheduledState.STOPPED,
    )
    emptied = stopped.values(body="", attachment_ids=[])
    db.session.execute(emptied.execution_options(synchronize_session=False))


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
