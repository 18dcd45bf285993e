"""What every kind of event says on a ticket's timeline: to staff and to the requester's side, German and English."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from flask import Flask

from app.core.actor import ActorKind
from app.core.formats import Formats
from app.core.language import speaking
from app.events.kinds import fact_type, known_kinds
from app.events.models import Event
from app.events.words import Visibility
from app.mailroom.events import MailBounced, TicketForwarded, TicketNamed
from app.notifications.events import ReceiptLeftOut
from app.notifications.tellers import TELLERS
from app.notifications.timeline import Names, lines
from app.notifications.words import Side
from app.tickets.words import StopReason
from tests.support import golden

pytestmark = pytest.mark.sqlite_only
START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MIA, JONAS, LEA = 1, 2, 3
NAMES = Names(
    people={MIA: "Mia <b>Muster</b>", JONAS: "Jonas Weber", LEA: "Lea Hoffmann"},
    teams={1: "IT-Service", 2: "Netz & Server"},
    categories={1: "Drucker", 2: "VPN"},
    authors={7: "Mia Muster"},
)
DUE = "2026-11-20T17:00:00+00:00"
Sample = tuple[int | ActorKind, dict[str, Any]]
OPENED = {"channel": "web", "priority": "medium", "team_id": 1, "requester_id": MIA, "by_machine": False}
# Who did it, and what the event carries.
SAMPLES: dict[str, list[Sample]] = {
    "ticket.opened": [
        (MIA, OPENED),
        (ActorKind.MAIL, OPENED | {"channel": "email"}),
        (JONAS, OPENED | {"channel": "agent"}),
        (MIA, OPENED | {"channel": "api"}),
        (MIA, OPENED | {"channel": "chat"}),
        (JONAS, OPENED | {"channel": "agent", "requester_id": JONAS}),
        (MIA, OPENED | {"channel": "teams"}),
        (JONAS, OPENED | {"channel": "email", "moved_from_id": 7}),
    ],
    "ticket.reply_added": [
        (JONAS, {"comment_id": 8, "by_staff": True}),
        (ActorKind.MAIL, {"comment_id": 7, "by_staff": False}),
        (ActorKind.MAIL, {"comment_id": 9, "by_staff": False}),
    ],
    "ticket.reply_taken_back": [(JONAS, {"comment_id": 8})],
    "ticket.reply_scheduled": [(JONAS, {"scheduled_id": 5, "due_at": "2026-11-23T07:00:00+00:00"})],
    "ticket.reply_unscheduled": [
        (JONAS, {"scheduled_id": 5, "person_id": JONAS}),
        (LEA, {"scheduled_id": 5, "person_id": JONAS}),
    ],
    "ticket.reply_stopped": [
        (MIA, {"scheduled_id": 5, "person_id": JONAS, "why": why.value}) for why in StopReason
    ],
    "ticket.note_added": [(JONAS, {"comment_id": 8})],
    "ticket.comment_corrected": [(JONAS, {"comment_id": 8})],
    "ticket.comment_redacted": [(LEA, {"comment_id": 8})],
    "ticket.status_changed": [
        (JONAS, {"old": "open", "new": "in_progress", "pending_reason": None, "how": ""}),
        (MIA, {"old": "open", "new": "in_progress", "pending_reason": None, "how": "assigned"}),
        (JONAS, {"old": "in_progress", "new": "pending", "pending_reason": "customer", "how": "with_reply"}),
        (JONAS, {"old": "in_progress", "new": "pending", "pending_reason": "third_party", "how": ""}),
        (
            ActorKind.MAIL,
            {"old": "pending", "new": "open", "pending_reason": None, "how": "customer_replied"},
        ),
        (MIA, {"old": "in_progress", "new": "resolved", "pending_reason": None, "how": "by_requester"}),
        (ActorKind.CLOCK, {"old": "resolved", "new": "closed", "pending_reason": None, "how": "automatic"}),
        (MIA, {"old": "closed", "new": "in_progress", "pending_reason": None, "how": "reopened"}),
        (
            ActorKind.MAIL,
            {"old": "pending", "new": "open", "waited_for": "third_party", "how": "supplier_replied"},
        ),
    ],
    "ticket.assigned": [
        (MIA, {"old_id": None, "new_id": JONAS, "how": "automatic"}),
        (MIA, {"old_id": None, "new_id": LEA, "how": "automatic"}),
        (LEA, {"old_id": None, "new_id": JONAS, "how": "by_hand"}),
        (JONAS, {"old_id": JONAS, "new_id": LEA, "how": "by_hand"}),
        (LEA, {"old_id": None, "new_id": LEA, "how": "taken"}),
        (LEA, {"old_id": None, "new_id": LEA, "how": "automatic"}),
        (JONAS, {"old_id": JONAS, "new_id": None, "how": "released"}),
    ],
    "ticket.nobody_free": [(ActorKind.RULE, {"team_id": 2, "level": 3})],
    "ticket.team_changed": [(JONAS, {"old_id": 1, "new_id": 2}), (JONAS, {"old_id": 1, "new_id": 99})],
    "ticket.category_changed": [
        (JONAS, {"old_id": None, "new_id": 1}),
        (JONAS, {"old_id": 1, "new_id": 2}),
        (JONAS, {"old_id": 2, "new_id": None}),
    ],
    "ticket.priority_changed": [(JONAS, {"old": "medium", "new": "high", "how": "by_hand"})],
    "ticket.title_changed": [(JONAS, {})],
    "ticket.tags_changed": [
        (JONAS, {"added": ["vpn", "<i>"], "removed": []}),
        (JONAS, {"added": [], "removed": ["vpn"]}),
        (ActorKind.SHELL, {"added": ["a"], "removed": ["b"]}),
    ],
    "ticket.escalated": [(JONAS, {"from_level": 1, "to_level": 3, "reason": "Braucht <Netz> & 100 % Zeit"})],
    "ticket.deadline_warned": [(ActorKind.CLOCK, {"clock": "response", "due_at": DUE})],
    "ticket.deadline_breached": [(ActorKind.CLOCK, {"clock": "resolution", "due_at": DUE})],
    "ticket.rated": [(MIA, {"score": 4})],
    "ticket.watcher_added": [(LEA, {"person_id": LEA})],
    "ticket.watcher_removed": [(LEA, {"person_id": LEA})],
    "ticket.participant_added": [(MIA, {"person_id": LEA})],
    "ticket.participant_removed": [(MIA, {"person_id": LEA}), (LEA, {"person_id": LEA})],
    "ticket.deleted": [(LEA, {})],
    "ticket.restored": [(99, {})],
    "ticket.follow_up_opened": [(MIA, {"follow_up_id": 77})],
    "mail.names_ticket": [(ActorKind.MAIL, {"named_id": 77})],
    "mail.bounced": [
        (ActorKind.MAIL, {"delivery_id": 5, "lasting": True}),
        (ActorKind.MAIL, {"delivery_id": 5, "lasting": False}),
    ],
    "notification.receipt_left_out": [(ActorKind.CLOCK, {"person_id": MIA})],
    "mail.forwarded": [(JONAS, {"forwarding_id": 3, "comment_id": 8})],
    "ticket.entry_moved": [(JONAS, {"comment_id": 8, "new_ticket_id": 78})],
    "ticket.marked_as_spam": [(JONAS, {})],
    "ticket.unmarked_as_spam": [(LEA, {})],
    "ticket.requester_changed": [(JONAS, {"old_id": LEA, "new_id": MIA})],
    "ticket.file_infected": [(ActorKind.CLOCK, {"attachment_id": 5})],
}


def sample(
    number: int, kind: str, who: int | ActorKind, payload: dict[str, Any], visibility: Visibility
) -> Event:
    person = None if isinstance(who, ActorKind) else who
    return Event(
        id=number,
        kind=kind,
        version=1,
        visibility=visibility,
        at=START,
        actor_kind=str(who if isinstance(who, ActorKind) else ActorKind.PERSON),
        actor_id=person,
        subject_kind="ticket",
        subject_id=42,
        ticket_id=42,
        payload=payload,
    )


def test_every_kind_of_a_ticket_has_its_golden_lines() -> None:
    kinds = {kind for kind in known_kinds() if kind.startswith("ticket.")}
    by_mail = {TicketNamed.kind, MailBounced.kind, TicketForwarded.kind, ReceiptLeftOut.kind}
    assert kinds | by_mail == set(SAMPLES) == set(TELLERS)


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_kind_says_what_it_always_said(house: Flask, kind: str) -> None:
    fact = fact_type(kind)
    assert fact is not None
    events = [
        sample(n, kind, who, payload, fact.visibility) for n, (who, payload) in enumerate(SAMPLES[kind])
    ]
    told = []
    for language in ("de", "en"):
        for side in (Side.STAFF, Side.REQUESTER) if fact.visibility is Visibility.PUBLIC else (Side.STAFF,):
            told.append(f"[{language}, {side}]")
            with speaking(language), time_machine.travel(START, tick=False):
                made = lines(events, NAMES, side, Formats("Europe/Berlin"), reader_id=JONAS)
            told += [f"{line.icon}{' ' + line.tone if line.tone else ''}: {line.text}" for line in made]
    golden.compare(f"timeline/{kind}.txt", "\n".join(told) + "\n")


def test_a_kind_of_a_newer_version_is_left_out(house: Flask) -> None:
    unknown = sample(1, "ticket.teleported", JONAS, {}, Visibility.PUBLIC)
    assert lines([unknown], NAMES, Side.STAFF, Formats("Europe/Berlin")) == []
