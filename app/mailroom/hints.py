"""What a mail tells agents beside its words: why it is here, which ticket it names, whose mail was passed on."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.core.db import db
from app.core.language import Lazy, _, lazy_gettext
from app.mailroom.models import RawMail
from app.mailroom.outcomes import State
from app.mailroom.suspicion import Mark
from app.mailroom.words import Match
from app.tickets.models import Ticket
from app.tickets.words import number_of

WHY: dict[Match, Lazy] = {
    Match.NEW: lazy_gettext(
        "The mail belongs to no ticket its sender takes part in, so it became a new one."
    ),
    Match.OUR_MAIL: lazy_gettext("It answers a mail of ours: its protected mark leads to this ticket."),
    Match.REPLY_ADDRESS: lazy_gettext("It went to the reply address of this ticket."),
    Match.NUMBER: lazy_gettext("Its subject names this ticket, and its sender takes part here."),
    Match.CLOSED: lazy_gettext("It answers a ticket that was closed long ago, so it became a new one."),
    Match.SUPPLIER: lazy_gettext("It answers what somebody outside was asked about this ticket."),
    Match.BY_HAND: lazy_gettext("Somebody moved it here by hand."),
}


MARKS: dict[Mark, Lazy] = {
    Mark.FAILED: lazy_gettext("Our mail server does not believe that this mail comes from its sender."),
    Mark.FIRST: lazy_gettext("This is the first mail from this address."),
    Mark.OTHER_NAME: lazy_gettext(
        "The name of the sender shows another address than the one it was sent from."
    ),
    Mark.ALIKE: lazy_gettext("The domain of the sender looks like one of ours and is another."),
}


@dataclass(frozen=True, slots=True)
class Hint:
    """One mail behind an entry.

    Args:
        named_number: the ticket it names without its sender taking part there, "" for none.
        asker_email, asker_name: whose mail a colleague passed on, "" for nobody's.
        is_repeat: an earlier mail had the same Message-ID and other words.
    """

    raw_id: int
    matched_by: Match | None
    named_number: str
    asker_email: str
    asker_name: str
    is_repeat: bool
    marks: str = ""

    @property
    def why(self) -> str:
        """Why it is here, as a sentence; "" for mail from before reasons were kept."""
        return str(WHY[self.matched_by]) if self.matched_by is not None else ""

    @property
    def asker(self) -> str:
        return f"{self.asker_name} ({self.asker_email})" if self.asker_name else self.asker_email

    @property
    def warnings(self) -> list[str]:
        """What is odd about it, as sentences."""
        odd = [str(MARKS[Mark(mark)]) for mark in self.marks.split()]
        return (
            [*odd, _("An earlier mail had the same identification and other words.")]
            if self.is_repeat
            else odd
        )


_QUERY = sa.select(
    RawMail.comment_id,
    RawMail.id,
    RawMail.matched_by,
    RawMail.named_ticket_id,
    RawMail.asker_email,
    RawMail.asker_name,
    RawMail.repeats_id,
    RawMail.marks,
).where(
    RawMail.ticket_id == sa.bindparam("ticket", type_=sa.BigInteger),
    RawMail.state.in_((State.TICKET, State.COMMENT)),
)


def of_ticket(ticket: Ticket) -> dict[int, Hint]:
    """Hints of the mails behind a ticket (staff), by the id of the entry; the request itself stands under 0."""
    found = {}
    for entry_id, raw_id, match, named_id, *rest in db.session.execute(_QUERY, {"ticket": ticket.id}):
        named = number_of(named_id) if named_id else ""
        found[entry_id or 0] = Hint(raw_id, match, named, *rest)
    return found
