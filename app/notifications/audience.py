"""From the words of the table to people: who exactly hears of an event.

Nobody is told what they did themselves, unless the rule says so. The requester's side never hears of internal facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.events.models import Event
from app.events.words import Visibility
from app.notifications.scene import Reader, Scene, TeamFacts, readers, turned_off
from app.notifications.table import ALONE, CARD_KINDS, SIDES, TABLE, Rule, Who
from app.notifications.words import Side, Topic, Way, is_optional

REPLACEABLE = frozenset({Who.ASSIGNEE, Who.NEW_ASSIGNEE, Who.LEADERS})


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is told, why, and for whom they stand in ("" for nobody)."""

    reader: Reader
    topic: Topic
    side: Side
    stands_in_for: str = ""


def kinds(way: Way) -> frozenset[str]:
    """The kinds of events that are told by this way at all."""
    return frozenset(kind for kind, rules in TABLE.items() if any(way in rule.ways for rule in rules))


def recipients(scene: Scene, way: Way) -> dict[int, list[Recipient]]:
    """Event id → people who are told of it by this way; each once, the first rule counts."""
    found = [line for event in scene.events for line in _lines(event, scene, way)]
    people = readers({person_id for _event, _rule, _who, person_id in found})
    off = turned_off(people, way) if people else set()
    told: dict[int, dict[int, Recipient]] = {}
    for event, rule, who, person_id in found:
        on_it = told.setdefault(event.id, {})
        for one in _with_deputy(people.get(person_id), who, event, scene, people, way):
            reader, stands_in_for = one
            if reader.id in on_it or not _may_hear(reader, rule, who, event, scene):
                continue
            if (reader.id, rule.topic) not in off or not is_optional(rule.topic, way):
                side = SIDES.get(who, Side.STAFF)
                on_it[reader.id] = Recipient(reader, rule.topic, side, stands_in_for)
    return {event_id: list(on_it.values()) for event_id, on_it in told.items()}


def cards(scene: Scene) -> dict[int, tuple[TeamFacts, Topic]]:
    """Event id → the team whose channel in Teams is told of it."""
    found = {}
    for event in scene.events:
        team = scene.team(event)
        for rule in TABLE.get(event.kind, ()):
            if (
                team is not None
                and Who.CHANNEL in rule.who
                and CARD_KINDS[event.kind] in team.card_kinds
                and _is_alive(event, scene)
                and rule.when(event, scene)
            ):
                found[event.id] = (team, rule.topic)
    return found


def leaders(event: Event, scene: Scene) -> list[int]:
    """Who hears of what a team does not answer, or of what its channel did not take."""
    doers = _doers(event, scene)
    return [person_id for person_id in _leaders(event, scene) if person_id not in doers]


def instead(event: Event, scene: Scene, person_id: int) -> Recipient | None:
    """A leader who is told by mail what the team's channel in Teams did not take, wished for or not."""
    found = cards(scene).get(event.id)
    reader = readers([person_id]).get(person_id) if found and person_id in leaders(event, scene) else None
    if found is None or reader is None or not reader.is_active:
        return None
    return Recipient(reader, found[1], Side.STAFF)


Line = tuple[Event, Rule, Who, int]


def _lines(event: Event, scene: Scene, way: Way) -> Iterable[Line]:
    rules = [rule for rule in TABLE.get(event.kind, ()) if way in rule.ways]
    if not rules or not _is_alive(event, scene):
        return
    for rule in rules:
        if not rule.when(event, scene):
            continue
        doers = set() if rule.also_doer else _doers(event, scene)
        for who in rule.who:
            yield from ((event, rule, who, i) for i in _ids(who, event, scene) if i not in doers)


def _is_alive(event: Event, scene: Scene) -> bool:
    """Nobody is told anything of a deleted ticket."""
    if event.ticket_id is None:
        return True
    ticket = scene.ticket(event)
    return ticket is not None and ticket.deleted_at is None


def _doers(event: Event, scene: Scene) -> set[int | None]:
    """Who did it: the actor, and the author of what came by mail."""
    entry = scene.entry(event)
    return {event.actor_id, entry.author_id if entry else None}


def _ids(who: Who, event: Event, scene: Scene) -> Sequence[int]:
    ticket = scene.ticket(event)
    if who in ALONE:
        return _without_ticket(who, event, scene)
    if ticket is None or who is Who.CHANNEL:
        return []
    if who is Who.PARTICIPANTS:
        entry = scene.entry(event)
        return [i for i, since in scene.participants(event).items() if entry is None or entry.id > since]
    if who is Who.WATCHERS:
        return scene.watchers(event)
    if who is Who.MEMBERS:
        return [seat.person_id for seat in scene.seats(event)]
    if who is Who.LEADERS:
        return _leaders(event, scene)
    single = {
        Who.REQUESTER: ticket.requester_id,
        Who.ASSIGNEE: ticket.assignee_id,
        Who.AUTHOR: event.payload.get("person_id"),
        # Of two assignments in a row only the last is news to anybody.
        Who.NEW_ASSIGNEE: ticket.assignee_id if event.payload.get("new_id") == ticket.assignee_id else None,
        Who.OLD_ASSIGNEE: event.payload.get("old_id"),
    }[who]
    return [single] if single else []


def _without_ticket(who: Who, event: Event, scene: Scene) -> Sequence[int]:
    if who is Who.ADMINS:
        return scene.admins
    if who is Who.TEAM_LEADERS:
        return [seat.person_id for seat in scene.seats(event) if seat.leads]
    return [event.subject_id if who is Who.SUBJECT else event.payload["person_id"]]


def _leaders(event: Event, scene: Scene) -> Sequence[int]:
    """Where nobody leads a team, its members hear of a confidential ticket and the administrators of any other."""
    seats, team = scene.seats(event), scene.team(event)
    leading = [seat.person_id for seat in seats if seat.leads]
    if leading or team is None:
        return leading
    return [seat.person_id for seat in seats] if team.is_confidential else scene.admins


def _with_deputy(
    reader: Reader | None, who: Who, event: Event, scene: Scene, people: dict[int, Reader], way: Way
) -> list[tuple[Reader, str]]:
    """Who is told in whose place: what goes to somebody absent goes to the deputy, the bell rings for both."""
    if reader is None:
        return []
    own = (reader, "")
    if who not in REPLACEABLE or not reader.is_away(scene.today):
        return [own]
    deputy = people.get(reader.deputy_id or 0)
    if deputy is None or not _can_replace(deputy, event, scene):
        return [own]
    return [own, (deputy, reader.name)] if way is Way.BELL else [(deputy, reader.name)]


def _can_replace(deputy: Reader, event: Event, scene: Scene) -> bool:
    team, ticket = scene.team(event), scene.ticket(event)
    if not deputy.is_active or not deputy.is_staff or deputy.is_away(scene.today):
        return False
    if deputy.id in _doers(event, scene) or (ticket is not None and deputy.id == ticket.requester_id):
        return False
    in_team = any(seat.person_id == deputy.id for seat in scene.seats(event))
    return in_team or (team is not None and not team.is_confidential)


def _may_hear(reader: Reader, rule: Rule, who: Who, event: Event, scene: Scene) -> bool:
    if not reader.is_active:
        return False
    if who in SIDES:
        return event.visibility is Visibility.PUBLIC or who in ALONE
    if not reader.is_staff:
        return False
    ticket = scene.ticket(event)
    asks = ticket is not None and (reader.id == ticket.requester_id or reader.id in scene.participants(event))
    return not asks or event.visibility is Visibility.PUBLIC
