"""When a rule of the audience table speaks: small questions about an event and its surroundings."""

from __future__ import annotations

from app.events.models import Event
from app.notifications.scene import Scene
from app.settings.queries import get as settings
from app.settings.schemas import MailRules
from app.tickets.words import ACTIVE, Priority, Status

# Steps of the house that another mail tells already, or that are nobody's business outside.
QUIET_STEPS = frozenset(
    {
        *("assigned", "released", "answered", "team_changed"),
        *("with_reply", "customer_replied", "forwarded", "supplier_replied"),
    }
)
DONE = frozenset({Status.RESOLVED, Status.CLOSED})


def from_person(event: Event) -> bool:
    """Whether a person wrote it, not an auto-reply."""
    return not event.payload.get("by_machine", False)


def may_be_acknowledged(event: Event, _scene: Scene) -> bool:
    """Machines get no answer (abuse case A10), and an administrator may switch receipts off."""
    return from_person(event) and settings(MailRules).acknowledge


def critical(event: Event, _scene: Scene) -> bool:
    return bool(event.payload.get("priority") == Priority.CRITICAL)


def waits_for_somebody(event: Event, scene: Scene) -> bool:
    """Nobody has the ticket and no rule looks for somebody; where one does, leaders hear when it finds nobody."""
    ticket, team = scene.ticket(event), scene.team(event)
    if ticket is None or team is None or ticket.assignee_id is not None or ticket.status not in ACTIVE:
        return False
    if event.kind == "ticket.reply_added":
        return answered_by_customer(event, scene)
    return not team.auto_assign


def public_reply(event: Event, scene: Scene) -> bool:
    """An entry the requester's side may read, written by somebody known; auto-replies are passed on to nobody."""
    entry = scene.entry(event)
    if entry is None or entry.is_internal or entry.taken_back_at or entry.redacted_at:
        return False
    return from_person(event) and (entry.by_staff or not entry.is_unverified)


def answered_by_customer(event: Event, scene: Scene) -> bool:
    entry = scene.entry(event)
    gone = entry is None or entry.taken_back_at is not None or entry.redacted_at is not None
    return not gone and not event.payload["by_staff"] and from_person(event)


def answered_by_staff(event: Event, scene: Scene) -> bool:
    return bool(event.payload["by_staff"]) and public_reply(event, scene)


def worth_telling(event: Event, scene: Scene) -> bool:
    """A new status the requester should hear of by itself."""
    if not told_alone(event, scene) or scene.was_opened_by_machine(event):
        return False
    return event.payload["new"] != Status.OPEN or reopened(event, scene)


def told_alone(event: Event, _scene: Scene) -> bool:
    """A step that is no mere consequence of something the same people hear of anyway."""
    return event.payload.get("how") not in QUIET_STEPS


def reopened(event: Event, _scene: Scene) -> bool:
    return event.payload["old"] in DONE and event.payload["new"] in ACTIVE


def worth_a_card(event: Event, scene: Scene) -> bool:
    """An assignment; not the automatic one of a new critical ticket, whose card names the assignee already."""
    if event.payload.get("new_id") is None:
        return False
    cause = scene.cause(event)
    return cause is None or cause.kind != "ticket.opened" or not critical(cause, scene)


def reopened_alone(event: Event, scene: Scene) -> bool:
    """Opened again by a click; an answer that opened it again is told by itself."""
    return told_alone(event, scene) and reopened(event, scene)


def concerns_person(event: Event, _scene: Scene) -> bool:
    """An event about somebody's own channel in Teams; which it is, is nobody else's business."""
    return event.subject_kind == "person"


def concerns_house(event: Event, scene: Scene) -> bool:
    """An event about a team's channel, or that of the house."""
    return not concerns_person(event, scene)
