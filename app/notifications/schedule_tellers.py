"""What a ticket's timeline says of replies that were written for later."""

from __future__ import annotations

from markupsafe import Markup

from app.notifications.tellers import say, tells
from app.notifications.told import Told, bold
from app.tickets.words import StopReason


@tells("ticket.reply_scheduled", "alarm")
def _scheduled(it: Told) -> Markup:
    return say(
        "%(who)s scheduled a reply. It goes out: %(when)s.", who=it.who, when=bold(it.moment("due_at"))
    )


@tells("ticket.reply_unscheduled", "x-circle")
def _unscheduled(it: Told) -> Markup:
    if it["person_id"] == it.event.actor_id:
        return say("%(who)s cancelled a scheduled reply.", who=it.who)
    return say(
        "%(who)s cancelled the scheduled reply of %(author)s.", who=it.who, author=it.person("person_id")
    )


@tells("ticket.reply_stopped", "pause-circle", tone="warn")
def _stopped(it: Told) -> Markup:
    author, why = it.person("person_id"), it["why"]
    if why == StopReason.CUSTOMER_REPLIED:
        return say("A new message came first: the scheduled reply of %(author)s was stopped.", author=author)
    if why == StopReason.SOLVED:
        return say(
            "The requester said that it is solved: the scheduled reply of %(author)s was stopped.",
            author=author,
        )
    if why == StopReason.CLOSED:
        return say("The ticket was closed: the scheduled reply of %(author)s was stopped.", author=author)
    if why in (StopReason.DELETED, StopReason.SPAM):
        return say("The ticket was put aside: the scheduled reply of %(author)s was stopped.", author=author)
    if why == StopReason.REQUESTER_CHANGED:
        return say(
            "It is somebody else's request now: the scheduled reply of %(author)s was stopped.", author=author
        )
    return _stopped_when_due(author, why)


def _stopped_when_due(author: Markup, why: str) -> Markup:
    if why == StopReason.STATUS:
        return say(
            "The chosen status was not possible any more: the scheduled reply of %(author)s was stopped.",
            author=author,
        )
    if why == StopReason.FILES:
        return say("A file was missing: the scheduled reply of %(author)s was stopped.", author=author)
    return say("%(author)s no longer works this ticket: the scheduled reply was stopped.", author=author)
