"""What can happen to a ticket. Public kinds may be read by the requester, internal ones by staff only."""

from __future__ import annotations

from app.events.kinds import Fact
from app.events.words import Visibility

PUBLIC = Visibility.PUBLIC


class CategoryCreated(Fact):
    kind = "category.created"
    name: str


class CategoryChanged(Fact):
    kind = "category.changed"
    fields: list[str]


class TicketOpened(Fact):
    kind = "ticket.opened"
    visibility = PUBLIC
    channel: str
    priority: str
    team_id: int
    requester_id: int
    by_machine: bool = False
    moved_from_id: int | None = None


class ReplyAdded(Fact):
    """A public entry, by the requester's side or by staff."""

    kind = "ticket.reply_added"
    visibility = PUBLIC
    comment_id: int
    by_staff: bool
    by_machine: bool = False


class ReplyTakenBack(Fact):
    kind = "ticket.reply_taken_back"
    comment_id: int


class ReplyScheduled(Fact):
    kind = "ticket.reply_scheduled"
    scheduled_id: int
    due_at: str


class ReplyStopped(Fact):
    """A scheduled reply does not go out; ``person_id`` wrote it and hears of it."""

    kind = "ticket.reply_stopped"
    scheduled_id: int
    person_id: int
    why: str


class ReplyUnscheduled(Fact):
    """A scheduled reply was taken back by its writer ``person_id``, or by a leader."""

    kind = "ticket.reply_unscheduled"
    scheduled_id: int
    person_id: int


class NoteAdded(Fact):
    kind = "ticket.note_added"
    comment_id: int


class CommentCorrected(Fact):
    kind = "ticket.comment_corrected"
    comment_id: int


class CommentRedacted(Fact):
    kind = "ticket.comment_redacted"
    comment_id: int


class StatusChanged(Fact):
    kind = "ticket.status_changed"
    visibility = PUBLIC
    old: str
    new: str
    pending_reason: str | None = None
    waited_for: str | None = None
    how: str = ""


class Assigned(Fact):
    kind = "ticket.assigned"
    visibility = PUBLIC
    old_id: int | None
    new_id: int | None
    how: str


class NobodyFree(Fact):
    """Automatic assignment found no match; the team leader hears of it."""

    kind = "ticket.nobody_free"
    team_id: int
    level: int


class TeamSet(Fact):
    kind = "ticket.team_changed"
    old_id: int
    new_id: int


class CategorySet(Fact):
    kind = "ticket.category_changed"
    old_id: int | None
    new_id: int | None


class PrioritySet(Fact):
    kind = "ticket.priority_changed"
    old: str
    new: str
    how: str


class TitleChanged(Fact):
    kind = "ticket.title_changed"


class TagsChanged(Fact):
    kind = "ticket.tags_changed"
    added: list[str]
    removed: list[str]


class Escalated(Fact):
    kind = "ticket.escalated"
    from_level: int
    to_level: int
    reason: str


class DeadlineWarned(Fact):
    kind = "ticket.deadline_warned"
    clock: str
    due_at: str


class DeadlineBreached(Fact):
    kind = "ticket.deadline_breached"
    clock: str
    due_at: str


class FileFoundInfected(Fact):
    """The virus scanner said no; the file stays, locked away from everybody but administrators."""

    kind = "ticket.file_infected"
    attachment_id: int


class Rated(Fact):
    kind = "ticket.rated"
    visibility = PUBLIC
    score: int


class WatcherAdded(Fact):
    kind = "ticket.watcher_added"
    person_id: int


class WatcherRemoved(Fact):
    kind = "ticket.watcher_removed"
    person_id: int


class ParticipantAdded(Fact):
    kind = "ticket.participant_added"
    visibility = PUBLIC
    person_id: int


class ParticipantRemoved(Fact):
    kind = "ticket.participant_removed"
    visibility = PUBLIC
    person_id: int


class TicketDeleted(Fact):
    kind = "ticket.deleted"


class TicketRestored(Fact):
    kind = "ticket.restored"


class FollowUpOpened(Fact):
    kind = "ticket.follow_up_opened"
    visibility = PUBLIC
    follow_up_id: int


class MarkedAsSpam(Fact):
    kind = "ticket.marked_as_spam"


class RequesterChanged(Fact):
    """Whose request a ticket is was mended: a colleague had passed on somebody's mail."""

    kind = "ticket.requester_changed"
    old_id: int
    new_id: int


class EntryMoved(Fact):
    """An entry that did not belong here became a ticket of its own."""

    kind = "ticket.entry_moved"
    comment_id: int
    new_ticket_id: int


class UnmarkedAsSpam(Fact):
    kind = "ticket.unmarked_as_spam"
