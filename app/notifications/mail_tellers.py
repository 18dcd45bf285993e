"""What mail says on a ticket's timeline: hints, bounces, what went to somebody outside, what agents put right."""

from __future__ import annotations

from markupsafe import Markup

from app.notifications.tellers import say, tells
from app.notifications.told import Told, bold
from app.tickets.words import number_of


@tells("mail.names_ticket", "box-arrow-up-right")
def _named_another(it: Told) -> Markup:
    return say(
        "The mail names %(number)s, but its sender does not take part there.",
        number=bold(number_of(it["named_id"])),
    )


@tells("mail.bounced", "exclamation-triangle-fill", tone="warn")
def _bounced(it: Told) -> Markup:
    if it["lasting"]:
        return say("A mail about this ticket came back as undeliverable.")
    return say("A mail about this ticket is late: the other side keeps trying.")


@tells("mail.forwarded", "box-arrow-up-right")
def _forwarded(it: Told) -> Markup:
    return say("%(who)s asked somebody outside.", who=it.who)


@tells("ticket.marked_as_spam", "trash")
def _marked_as_spam(it: Told) -> Markup:
    return say("%(who)s marked the ticket as spam.", who=it.who)


@tells("ticket.unmarked_as_spam", "arrow-counterclockwise")
def _unmarked_as_spam(it: Told) -> Markup:
    return say("%(who)s said that the ticket is no spam.", who=it.who)


@tells("ticket.requester_changed", "person")
def _requester_changed(it: Told) -> Markup:
    return say(
        "%(who)s made it the request of %(new)s instead of %(old)s.",
        who=it.who,
        new=it.person("new_id"),
        old=it.person("old_id"),
    )


@tells("ticket.entry_moved", "box-arrow-up-right")
def _entry_moved(it: Told) -> Markup:
    number = bold(number_of(it["new_ticket_id"]))
    return say("%(who)s moved an entry into a ticket of its own: %(number)s.", who=it.who, number=number)


@tells("notification.receipt_left_out", "exclamation-triangle-fill", tone="warn")
def _receipt_left_out(it: Told) -> Markup:
    return say(
        "%(person)s got no receipt: this address has had as many automatic mails in an hour as it may have.",
        person=it.person("person_id"),
    )
