"""The mails whose words can be changed: what they are called, who gets them, and which placeholders they know."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.language import Lazy, lazy_gettext
from app.notifications.words import MailKind, Side

# What a placeholder stands for. Blocks stand on a line of their own.
INLINE: dict[str, Lazy] = {
    "number": lazy_gettext("Number, such as TICKET-000042"),
    "title": lazy_gettext("Subject of the ticket"),
    "headline": lazy_gettext("Deadline missed or close, with the subject of the ticket"),
    "name": lazy_gettext("Name of whoever reads the mail"),
    "requester": lazy_gettext("Who wrote the request"),
    "agent": lazy_gettext("Assignee; in replies whoever wrote the reply"),
    "team": lazy_gettext("Name of the team"),
    "status": lazy_gettext("Status in words"),
    "priority": lazy_gettext("Priority in words"),
    "due": lazy_gettext("Next deadline, empty without one"),
    "link": lazy_gettext("Address of the ticket; alone on its line it becomes a button"),
    "site": lazy_gettext("Name of this helpdesk"),
    "phone": lazy_gettext("Support phone, from the settings"),
}
BLOCKS: dict[str, Lazy] = {
    "happened": lazy_gettext("What happened, in a sentence"),
    "message": lazy_gettext("The message or the request, with its files"),
    "facts": lazy_gettext("The main facts of the ticket as a list"),
    "signature": lazy_gettext("Signature of the team"),
    "next_step": lazy_gettext("How it goes on, when the reply resolves the request or asks for an answer"),
    "how_to_answer": lazy_gettext("That this mail can be answered"),
    "rating": lazy_gettext("Button to rate the help, when the request is resolved"),
}
SIGNATURE = ("agent", "team", "site", "phone")


@dataclass(frozen=True, slots=True)
class Wording:
    """Subject and text of a mail, with placeholders."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail: its name, who gets it, the names that may stand in it, and the blocks that must."""

    kind: MailKind
    side: Side
    name: Lazy
    readers: Lazy
    inline: tuple[str, ...]
    blocks: tuple[str, ...]
    required: tuple[str, ...] = ()


REQUESTER = Lazy("Requester", "mail reader")
CONVERSATION = Lazy("Requester and participants", "mail reader")
WORKERS = Lazy("Assignee and watchers", "mail reader")
LEADERS = Lazy("Team leaders", "mail reader")
OUTSIDE = ("number", "title", "name", "team", "status", "link", "site", "phone")
INSIDE = (
    *("number", "title", "name", "requester", "agent", "team"),
    *("status", "priority", "due", "link", "site"),
)
ABOUT = ("happened", "facts")


def _to_staff(
    kind: MailKind, name: Lazy, readers: Lazy, *blocks: str, required: tuple[str, ...] = ()
) -> Letter:
    return Letter(kind, Side.STAFF, name, readers, INSIDE, (*ABOUT, *blocks), required)


LETTERS: dict[MailKind, Letter] = {
    letter.kind: letter
    for letter in (
        Letter(
            MailKind.RECEIVED,
            Side.REQUESTER,
            lazy_gettext("Receipt of a request"),
            REQUESTER,
            OUTSIDE,
            ("facts", "how_to_answer"),
        ),
        # It may be somebody else's address (abuse case A13): nothing the sender wrote may stand in it.
        Letter(
            MailKind.RECEIVED_NEUTRAL,
            Side.REQUESTER,
            lazy_gettext("Receipt, address not confirmed"),
            Lazy("Senders nobody knows yet", "mail reader"),
            ("number", "site", "phone"),
            (),
        ),
        Letter(
            MailKind.REPLY,
            Side.REQUESTER,
            lazy_gettext("Public reply"),
            CONVERSATION,
            (*OUTSIDE, "agent"),
            ("message", "signature", "next_step", "how_to_answer", "rating"),
            ("message",),
        ),
        Letter(
            MailKind.PROGRESS,
            Side.REQUESTER,
            lazy_gettext("New status of a request"),
            CONVERSATION,
            OUTSIDE,
            ("happened", "facts", "rating"),
        ),
        _to_staff(
            MailKind.NEW_TICKET,
            lazy_gettext("New ticket"),
            Lazy("Members of the team", "mail reader"),
            "message",
        ),
        _to_staff(
            MailKind.ASSIGNED, lazy_gettext("Ticket assigned"), Lazy("New assignee", "mail reader"), "message"
        ),
        _to_staff(
            MailKind.CUSTOMER_REPLY,
            lazy_gettext("Answer of a requester"),
            WORKERS,
            "message",
            required=("message",),
        ),
        _to_staff(
            MailKind.TEAM_REPLY,
            lazy_gettext("Reply of a colleague"),
            WORKERS,
            "message",
            required=("message",),
        ),
        _to_staff(
            MailKind.NOT_SENT,
            lazy_gettext("Scheduled reply not sent"),
            Lazy("Whoever wrote the reply", "mail reader"),
        ),
        _to_staff(MailKind.REOPENED, lazy_gettext("Ticket opened again"), Lazy("Assignee", "mail reader")),
        _to_staff(
            MailKind.ESCALATED,
            lazy_gettext("Ticket escalated"),
            Lazy("Assignee and team leaders", "mail reader"),
        ),
        Letter(
            MailKind.DEADLINE,
            Side.STAFF,
            lazy_gettext("Deadline close or missed"),
            Lazy("Assignee and team leaders", "mail reader"),
            (*INSIDE, "headline"),
            ("facts",),
        ),
        _to_staff(MailKind.CRITICAL, lazy_gettext("Critical ticket"), LEADERS, "message"),
        _to_staff(MailKind.NOBODY_FREE, lazy_gettext("Nobody fits for a ticket"), LEADERS, "message"),
    )
}
