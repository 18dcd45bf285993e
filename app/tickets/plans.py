"""From a question about tickets and whoever asks to the walks that answer it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import Any

from app.core.actor import Actor
from app.core.db import db
from app.tickets.access import is_staff
from app.tickets.listing import Order, QueueQuery, Sort, View
from app.tickets.questions import Question, Scope, question, scope, values
from app.tickets.walks import SET, Shape, Walk, overflow

# More branches than this cost more than one walk over the whole house with a check of each row's team.
MOST_WALKS = 24
# Filters with an index of their own in the order of deadlines, the rarest first: condition, column, and the index
# for one team and for the whole house. A topic or channel has none by team: its walk checks the team.
FACETS = (
    ("nobody", "assignee_id", "ix_ticket_team_assignee", "ix_ticket_assignee_due"),
    ("category", "category_id", "", "ix_ticket_category"),
    ("sla", "sla_state", "ix_ticket_team_sla", "ix_ticket_all_sla"),
    ("urgencies", "urgency", "ix_ticket_team_urgency", "ix_ticket_all_urgency"),
    ("stages", "stage", "ix_ticket_team_stage", "ix_ticket_all_stage"),
    ("channel", "channel", "", "ix_ticket_channel"),
)
NAMES = {
    Sort.DUE: "due",
    Sort.RECENT: "recent",
    Sort.CREATED: "created",
    Sort.NEWEST: "created",
    Sort.PRIORITY: "urgency",
}
SETS_OF_VIEW = (View.DRAFTS, View.WATCHED)
# Conditions that are a range of the order's own index.
RANGES = {
    Sort.CREATED: ("created_after", "created_before"),
    Sort.NEWEST: ("created_after", "created_before"),
    Sort.RECENT: ("updated_after",),
}


@dataclass(slots=True)
class Plan:
    """The walks of a list with their values."""

    walks: tuple[Walk, ...]
    order: Order
    params: dict[str, Any]

    @property
    def is_windowed(self) -> bool:
        return any(walk.is_windowed for walk in self.walks)

    def shape(self, *, backward: bool = False, after: bool = False, until: bool = False) -> Shape:
        """What the statements of this plan look like."""
        return Shape(self.walks, self.order, db.engine.dialect.name, backward, after, until)


def plan_for(actor: Actor, query: QueueQuery) -> Plan:
    """The walks for a question.

    Raises:
        Nothing: no ticket can answer it.
    """
    asked = question(actor, query)
    maker = _Maker(query.sorted_by, asked, values(actor, asked))
    if is_staff(actor):
        found = _for_staff(maker, actor, query, scope(actor, query))
    else:
        found = _for_customer(maker, actor, query)
    return Plan(tuple(found), query.order, maker.params)


@dataclass(slots=True)
class _Maker:
    """Makes walks for one question and collects the values they name."""

    sort: Sort
    asked: Question
    params: dict[str, Any]
    _names: dict[tuple[str, Any], str] = field(default_factory=dict)

    def has(self, condition: str) -> bool:
        return condition in self.asked.conditions

    def walk(
        self, index: str, equal: dict[str, Any], *served: str, seen: tuple[str, ...] = (), alive: bool = True
    ) -> Walk:
        """A walk along an index.

        Args:
            equal: columns of the index with their values, None for NULL.
            served: conditions its equalities stand for.
            seen: conditions of visibility.
            alive: its equalities keep deleted tickets out, and other phases.
        """
        ranges = RANGES.get(self.sort, ())
        also = tuple(name for name in self.asked.conditions if name in ranges)
        if self.sort is Sort.RECENT and self.has("created_after"):
            also += ("updated_since_created",)
        rest = tuple(n for n in self.asked.conditions if n not in served and n not in ranges)
        if not alive and self.asked.is_of_all_stages:
            also += ("alive",)
        elif not alive and "stages" not in rest:
            rest += ("stages",)
        pairs = tuple((column, self._name(column, value)) for column, value in equal.items())
        return Walk(index, pairs, also, (*rest, *seen))

    def of_set(self, among: str, *served: str, seen: tuple[str, ...] = ()) -> Walk:
        """A look through a small set."""
        rest = {name: None for name in self.asked.conditions if name not in served}
        return Walk("", rest=(*(rest | {"stages": None}), *seen), among=among)

    def is_small(self, among: str) -> bool:
        """Whether a set is small enough to be looked through."""
        return db.session.execute(overflow(among), self.params | {"most": SET}).first() is None

    def _name(self, column: str, value: Any) -> str:
        """The parameter that stands for a value; equal values of a column share one."""
        if value is None:
            return ""
        if (column, value) not in self._names:
            name = f"is_{column}_{sum(1 for known, _value in self._names if known == column)}"
            self._names[column, value] = name
            self.params[name] = value
        return self._names[column, value]


def _for_staff(maker: _Maker, actor: Actor, query: QueueQuery, where: Scope) -> list[Walk]:
    if query.view in SETS_OF_VIEW:
        return [maker.of_set(query.view.value, seen=where.condition)]
    return _of_people_or_tag(maker, actor, where) or _in_order(maker, where)


def _of_people_or_tag(maker: _Maker, actor: Actor, where: Scope) -> list[Walk]:
    """A requester, an assignee or a tag has few tickets as a rule: looked through unless an index has the order."""
    seen = where.condition
    if maker.has("requester") and maker.sort is Sort.RECENT:
        who = {"requester_id": maker.params["requester"]}
        return [maker.walk("ix_ticket_requester", who, "requester", seen=seen, alive=False)]
    if maker.has("assignee") and maker.sort in (Sort.DUE, Sort.RECENT):
        mine = maker.asked.assignee_id == actor.person_id and where.personal
        return _of_assignee(maker, maker.params["assignee"], seen=() if mine else seen)
    for condition, among in (("requester", "requested"), ("assignee", "assigned"), ("tag", "tagged")):
        if maker.has(condition) and maker.is_small(among):
            return [maker.of_set(among, condition, seen=seen)]
    return []


def _of_assignee(maker: _Maker, person_id: int, *, seen: tuple[str, ...] = ()) -> list[Walk]:
    index = f"ix_ticket_assignee_{NAMES[maker.sort]}"
    equals = ({"assignee_id": person_id, "phase": phase} for phase in maker.asked.phases)
    return [maker.walk(index, equal, "assignee", seen=seen) for equal in equals]


def _in_order(maker: _Maker, where: Scope) -> list[Walk]:
    """Team by team, or through the whole house."""
    condition, column, team_index, house_index = _facet(maker)
    prefixes = _prefixes(maker, column)
    if where.teams is not None and team_index and len(where.teams) * len(prefixes) <= MOST_WALKS:
        found = [
            maker.walk(team_index, {"team_id": team} | prefix, condition, "team")
            for team, prefix in product(where.teams, prefixes)
        ]
        return found + (_personal(maker) if where.personal else [])
    return [maker.walk(house_index, prefix, condition, seen=where.condition) for prefix in prefixes]


def _facet(maker: _Maker) -> tuple[str, str, str, str]:
    for facet in FACETS:
        fits = maker.sort is Sort.DUE or (maker.sort is Sort.PRIORITY and facet[0] == "urgencies")
        if fits and maker.has(facet[0]):
            return facet
    name = NAMES[maker.sort]
    return "", "", f"ix_ticket_team_{name}", f"ix_ticket_all_{name}"


def _prefixes(maker: _Maker, column: str) -> list[dict[str, Any]]:
    """Equalities of the walks: each phase with each value of the facet (a stage says the phase by itself)."""
    if column == "stage":
        return [{"stage": stage} for stage in maker.asked.stages]
    phases: list[dict[str, Any]] = [{"phase": phase} for phase in maker.asked.phases]
    if not column:
        return phases
    facet_values: list[Any] = {
        "assignee_id": [None],
        "urgency": maker.params.get("urgencies", []),
        "sla_state": [maker.params.get("sla")],
        "category_id": [maker.params.get("category")],
        "channel": [maker.params.get("channel")],
    }[column]
    return [phase | {column: value} for phase, value in product(phases, facet_values)]


def _personal(maker: _Maker) -> list[Walk]:
    """Tickets of other teams that concern the viewer: assigned, requested, watched."""
    me = maker.params["me"]
    found = [maker.of_set("watched")]
    if maker.sort is Sort.RECENT:
        found.append(maker.walk("ix_ticket_requester", {"requester_id": me}, alive=False))
    else:
        found.append(maker.of_set("requested_by_me"))
    if maker.has("nobody") or maker.asked.assignee_id not in (None, me):
        return found
    if maker.sort in (Sort.DUE, Sort.RECENT):
        return found + _of_assignee(maker, me)
    return [*found, maker.of_set("assigned_to_me")]


def _for_customer(maker: _Maker, actor: Actor, query: QueueQuery) -> list[Walk]:
    """Own requests, those taken part in, and the organisation's for its manager."""
    if query.view in SETS_OF_VIEW:
        return [maker.of_set(query.view.value, seen=("seen_as_customer",))]
    found = [maker.of_set("participating")]
    places = [("requester_id", "ix_ticket_requester", "requested_by_me", actor.person_id)]
    if actor.managed_organisation_id is not None:
        places.append(
            ("organisation_id", "ix_ticket_organisation", "organisation", actor.managed_organisation_id)
        )
    for column, index, among, value in places:
        if maker.sort is Sort.RECENT:
            found.append(maker.walk(index, {column: value}, alive=False))
        else:
            found.append(maker.of_set(among))
    return found
