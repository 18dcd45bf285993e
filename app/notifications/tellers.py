"""One small function a kind of event: what it says on a ticket's timeline, to staff and to the requester's side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup, escape

from app.core.language import _
from app.notifications.texts import channel_name, clock_name, priority_name, status_name
from app.notifications.told import Teller, Told, bold
from app.tickets.words import Channel, Status, number_of

TELLERS: dict[str, Teller] = {}
# Steps that follow from something else: nobody in particular took them.
BY_ITSELF = frozenset({"assigned", "customer_replied", "team_changed"})


def say(sentence: str, /, **values: object) -> Markup:
    """A translated sentence with its values; what is not marked up already is escaped."""
    return escape(_(sentence)) % values


def tells(kind: str, icon: str, *, tone: str = "") -> Callable[..., Any]:
    """Make a function the teller of a kind."""

    def keep(tell: Callable[[Told], Markup]) -> Callable[[Told], Markup]:
        TELLERS[kind] = Teller(tell, icon, tone)
        return tell

    return keep


@tells("ticket.opened", "plus-lg")
def _opened(it: Told) -> Markup:
    if not it.to_staff:
        return say("The request was received.")
    if it["moved_from_id"]:
        number = bold(number_of(it["moved_from_id"]))
        return say("%(who)s made this ticket of an e-mail that was in %(number)s.", who=it.who, number=number)
    if it["channel"] == Channel.AGENT and it.event.actor_id == it["requester_id"]:
        return say("%(who)s opened the ticket for themselves.", who=it.who)
    if it["channel"] == Channel.AGENT:
        return say(
            "%(who)s took down the request of %(requester)s.", who=it.who, requester=it.person("requester_id")
        )
    return say("%(who)s opened the ticket %(how)s.", who=it.who, how=channel_name(it["channel"]))


@tells("ticket.reply_added", "reply-fill")
def _reply_added(it: Told) -> Markup:
    return say("%(who)s wrote a message.", who=it.who)


@tells("ticket.reply_taken_back", "arrow-counterclockwise")
def _reply_taken_back(it: Told) -> Markup:
    return say("%(who)s took back a reply before it was sent.", who=it.who)


@tells("ticket.note_added", "lock-fill")
def _note_added(it: Told) -> Markup:
    return say("%(who)s wrote an internal note.", who=it.who)


@tells("ticket.comment_corrected", "pencil-fill")
def _comment_corrected(it: Told) -> Markup:
    return say("%(who)s corrected an entry.", who=it.who)


@tells("ticket.comment_redacted", "eye-slash")
def _comment_redacted(it: Told) -> Markup:
    return say("%(who)s removed the text of an entry.", who=it.who)


@tells("ticket.status_changed", "circle-half")
def _status_changed(it: Told) -> Markup:
    if not it.to_staff:
        return _request_status_changed(it)
    if it["how"] == "automatic" and it["new"] == Status.CLOSED:
        return say("The ticket was closed automatically after it had been resolved for some time.")
    old, new = (
        bold(status_name(it["old"], it["waited_for"])),
        bold(status_name(it["new"], it["pending_reason"])),
    )
    if it["how"] == "supplier_replied":
        return say("An answer from outside came: status changed from %(old)s to %(new)s.", old=old, new=new)
    if it["how"] in BY_ITSELF:
        return say("The status changed from %(old)s to %(new)s.", old=old, new=new)
    return say("%(who)s changed the status from %(old)s to %(new)s.", who=it.who, old=old, new=new)


def _request_status_changed(it: Told) -> Markup:
    if it["new"] == Status.RESOLVED:
        return say("%(who)s marked the request as resolved.", who=it.who)
    if it["new"] == Status.CLOSED:
        return say("The request is finished.")
    if it["old"] in (Status.RESOLVED, Status.CLOSED):
        return say("The request was opened again.")
    if it["new"] == Status.PENDING and it["pending_reason"] == "third_party":
        return say("We are waiting for a third party.")
    if it["new"] == Status.PENDING:
        return say("We are waiting for your answer.")
    if it["new"] == Status.OPEN:
        return say("The request waits for somebody to take care of it.")
    return say("We are working on the request.")


@tells("ticket.assigned", "person")
def _assigned(it: Told) -> Markup:
    if not it.to_staff:
        return _request_assigned(it)
    if it["new_id"] is None:
        return say("%(who)s gave the ticket back to the team.", who=it.who)
    if it["new_id"] == it.event.actor_id and it["how"] != "automatic":
        return say("%(who)s took the ticket.", who=it.who)
    mine = it.reader_id is not None and it["new_id"] == it.reader_id
    if it["how"] == "automatic":
        if mine:
            return say("The ticket was assigned to you automatically.")
        return say("The ticket was assigned to %(new)s automatically.", new=it.person("new_id"))
    if mine:
        return say("%(who)s assigned the ticket to you.", who=it.who)
    return say("%(who)s assigned the ticket to %(new)s.", who=it.who, new=it.person("new_id"))


def _request_assigned(it: Told) -> Markup:
    if it["new_id"] is None:
        return say("The request is back with the team.")
    return say("%(new)s takes care of the request.", new=it.person("new_id"))


@tells("ticket.nobody_free", "exclamation-triangle-fill", tone="warn")
def _nobody_free(it: Told) -> Markup:
    return say(
        "Nobody in %(team)s fits (level %(level)s or higher). The ticket waits for an assignee.",
        team=it.team("team_id"),
        level=it["level"],
    )


@tells("ticket.team_changed", "people")
def _team_changed(it: Told) -> Markup:
    old, new = it.team("old_id"), it.team("new_id")
    return say("%(who)s moved the ticket from %(old)s to %(new)s.", who=it.who, old=old, new=new)


@tells("ticket.category_changed", "tag")
def _category_changed(it: Told) -> Markup:
    if it["old_id"] is None:
        return say("%(who)s set the topic to %(new)s.", who=it.who, new=it.category("new_id"))
    if it["new_id"] is None:
        return say("%(who)s removed the topic %(old)s.", who=it.who, old=it.category("old_id"))
    old, new = it.category("old_id"), it.category("new_id")
    return say("%(who)s changed the topic from %(old)s to %(new)s.", who=it.who, old=old, new=new)


@tells("ticket.priority_changed", "chevron-up")
def _priority_changed(it: Told) -> Markup:
    old, new = bold(priority_name(it["old"])), bold(priority_name(it["new"]))
    return say("%(who)s changed the priority from %(old)s to %(new)s.", who=it.who, old=old, new=new)


@tells("ticket.title_changed", "pencil-fill")
def _title_changed(it: Told) -> Markup:
    return say("%(who)s changed the title.", who=it.who)


@tells("ticket.tags_changed", "tag")
def _tags_changed(it: Told) -> Markup:
    added, removed = ", ".join(it["added"]), ", ".join(it["removed"])
    if added and removed:
        return say(
            "%(who)s added tags: %(added)s, and removed: %(removed)s.",
            who=it.who,
            added=bold(added),
            removed=bold(removed),
        )
    if added:
        return say("%(who)s added tags: %(added)s.", who=it.who, added=bold(added))
    return say("%(who)s removed tags: %(removed)s.", who=it.who, removed=bold(removed))


@tells("ticket.escalated", "arrow-up-right-circle", tone="warn")
def _escalated(it: Told) -> Markup:
    return say(
        "%(who)s escalated the ticket from level %(old)s to level %(new)s: %(reason)s",
        who=it.who,
        old=it["from_level"],
        new=it["to_level"],
        reason=it["reason"],
    )


@tells("ticket.deadline_warned", "alarm", tone="warn")
def _deadline_warned(it: Told) -> Markup:
    what, due = clock_name(it["clock"]), bold(it.moment("due_at"))
    return say("The deadline comes close: %(what)s is due %(due)s.", what=what, due=due)


@tells("ticket.deadline_breached", "exclamation-octagon-fill", tone="danger")
def _deadline_breached(it: Told) -> Markup:
    what, due = clock_name(it["clock"]), bold(it.moment("due_at"))
    return say("A deadline was missed: %(what)s was due %(due)s.", what=what, due=due)


@tells("ticket.file_infected", "exclamation-octagon-fill", tone="danger")
def _file_infected(_it: Told) -> Markup:
    return say("A file was locked away because the virus scanner found something in it.")


@tells("ticket.rated", "star-fill")
def _rated(it: Told) -> Markup:
    return say("%(who)s gave %(score)s of 5 stars.", who=it.who, score=it["score"])


@tells("ticket.watcher_added", "eye-fill")
def _watcher_added(it: Told) -> Markup:
    return say("%(person)s watches the ticket.", person=it.person("person_id"))


@tells("ticket.watcher_removed", "eye-slash")
def _watcher_removed(it: Told) -> Markup:
    return say("%(person)s no longer watches the ticket.", person=it.person("person_id"))


@tells("ticket.participant_added", "person-plus")
def _participant_added(it: Told) -> Markup:
    return say("%(who)s added %(person)s to the conversation.", who=it.who, person=it.person("person_id"))


@tells("ticket.participant_removed", "person-dash")
def _participant_removed(it: Told) -> Markup:
    if it["person_id"] == it.event.actor_id:
        return say("%(person)s left the conversation.", person=it.person("person_id"))
    return say("%(who)s removed %(person)s from the conversation.", who=it.who, person=it.person("person_id"))


@tells("ticket.deleted", "trash")
def _deleted(it: Told) -> Markup:
    return say("%(who)s deleted the ticket.", who=it.who)


@tells("ticket.restored", "arrow-counterclockwise")
def _restored(it: Told) -> Markup:
    return say("%(who)s brought the ticket back.", who=it.who)


@tells("ticket.follow_up_opened", "box-arrow-up-right")
def _follow_up_opened(it: Told) -> Markup:
    return say("It goes on in %(number)s.", number=bold(number_of(it["follow_up_id"])))
