"""What stands in addresses about mail: tickets and entries made of mails, the mails themselves, attached messages."""

from __future__ import annotations

from app.web.tickets.door import ID
from tests.security.sweep.things import NO_SUCH_ID, NO_SUCH_NUMBER, Asked, Trio, made_for
from tests.support.letters import letter

MESSAGES = f"/tickets/files/<{ID}:attachment_id>/inside"
ENTRY = f"/tickets/<number>/entries/<{ID}:entry_id>/original"


@made_for("attachment_id", MESSAGES)
def _team_message(asked: Asked) -> Trio:
    with_file = letter(files=[("a.txt", b"plain text")])
    own, foreign = (
        asked.stage.file(ticket, data=with_file, ending="eml")
        for ticket in (asked.stage.team_ticket(), asked.stage.foreign_ticket())
    )
    return str(own.id), str(foreign.id), NO_SUCH_ID


@made_for("file_number", MESSAGES)
def _file_in_message(_asked: Asked) -> Trio:
    return "1", None, "2"


@made_for("raw_id", "/tickets")
def _mail(asked: Asked) -> Trio:
    own, foreign = (
        asked.stage.mail(ticket) for ticket in (asked.stage.team_ticket(), asked.stage.foreign_ticket())
    )
    return str(own), str(foreign), NO_SUCH_ID


@made_for("number", "/tickets/<number>/original")
def _ticket_by_mail(asked: Asked) -> Trio:
    asked.made["number"] = ticket = asked.stage.team_ticket()
    asked.stage.mail(ticket)
    return ticket.number, asked.stage.foreign_ticket().number, NO_SUCH_NUMBER


@made_for("entry_id", ENTRY)
def _entry_by_mail(asked: Asked) -> Trio:
    own, foreign = asked.stage.entry(asked.ticket), asked.stage.foreign_entry()
    asked.stage.mail(asked.ticket, own)
    return str(own.id), str(foreign.id), NO_SUCH_ID
