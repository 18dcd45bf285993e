"""A mail that belongs to no ticket becomes one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from app.accounts.models import Person
from app.accounts.words import STAFF
from app.core import clock, plain
from app.core.actor import Actor
from app.core.environment import environment
from app.core.language import speaking
from app.events.log import action, record
from app.mailroom import authentic
from app.mailroom.actions.deciding import NO_LINKS, Reading, decide
from app.mailroom.actions.requesters import requester_of
from app.mailroom.asking import original_sender
from app.mailroom.authentic import Authentic
from app.mailroom.events import TicketNamed
from app.mailroom.heading import address_of
from app.mailroom.matching import Place
from app.mailroom.nobody import ADDRESS
from app.mailroom.outcomes import Outcome, Result, State
from app.mailroom.suspicion import marks_of
from app.mailroom.words import Match
from app.tickets.actions import files, opening
from app.tickets.models import Ticket
from app.tickets.schemas import NewTicket
from app.tickets.words import Channel

FRESH = timedelta(hours=24)  # an older mail gets no automatic answer any more (fault F28)


@action
def open_new(raw_id: int, place: Place, reading: Reading, *, actor: Actor) -> Outcome:
    """Open a ticket for a mail.

    Args:
        raw_id: the kept mail.
        place: it may name a ticket its sender takes no part in.
        actor: the mail's.
    """
    with speaking(reading.origin.language or environment().default_locale):
        found = requester_of(reading.mail, actor=actor)
    requester = found.person
    made = open_for(requester, reading, actor=actor)
    if place.named_id is not None:
        named = TicketNamed(named_id=place.named_id)
        record(named, actor=actor, subject=("ticket", made.id), ticket=made.id)
    asker = original_sender(reading.mail.text) if requester.role in STAFF else None
    return opened(
        raw_id,
        made,
        reading,
        actor=actor,
        match=Match.NEW,
        links={
            "named_ticket_id": place.named_id,
            "asker_email": asker.email if asker else "",
            "asker_name": asker.name if asker else "",
            "marks": " ".join(marks_of(reading.mail, requester, _said(reading), is_new=found.is_new)),
        },
    )


@action
def open_for(requester: Person, reading: Reading, *, actor: Actor, follows_id: int | None = None) -> Ticket:
    """A ticket with the words of a mail, as the account it came by has it; the new ones decide the priority."""
    examined, origin = reading.examined, reading.origin
    return opening.open_ticket(
        NewTicket(
            title=examined.title,
            description=examined.new,
            team_id=origin.team_id,
            category_id=origin.category_id,
        ),
        actor=actor,
        channel=Channel.EMAIL,
        requester_id=requester.id,
        mail=opening.FromMail(
            sender=address_of(reading.mail),
            written=opening.Written(examined.new, plain.to_html(examined.new)).with_quote(examined.folded),
            by_machine=not _may_be_answered(reading, requester),
        ),
        follows_id=follows_id,
    )


@action(silent="the ticket itself is on record")
def opened(
    raw_id: int,
    made: Ticket,
    reading: Reading,
    *,
    actor: Actor,
    match: Match,
    links: Mapping[str, int | str | None] = NO_LINKS,
) -> Outcome:
    """What only the mail knows."""
    files.attach(list(reading.files), made, None, actor=actor, scanned=reading.scanned)
    decide(
        raw_id,
        State.TICKET,
        reading,
        reason=reading.mail.sender_flaw or "",
        matched_by=match,
        links={"ticket_id": made.id, **links},
    )
    return Outcome(Result.CREATED, ticket_id=made.id)


def _may_be_answered(reading: Reading, requester: Person) -> bool:
    mail = reading.mail
    is_fresh = mail.date is None or mail.date > clock.now() - FRESH
    is_believed = _said(reading) is not Authentic.FAIL
    return reading.verdict.answerable and is_fresh and is_believed and requester.email != ADDRESS


def _said(reading: Reading) -> Authentic:
    return authentic.judge(reading.mail, reading.origin.authserv_id)
