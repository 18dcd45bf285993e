"""A question about tickets with its view and filters brought down to plain conditions, and who may see what of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.core.actor import Actor
from app.sla.words import ClockState
from app.tickets.access import HOUSE, sees_all_teams
from app.tickets.listing import TEAM_VIEWS, QueueQuery, View
from app.tickets.words import PHASES, STAGES, Phase, Stage

EVERY_STAGE = frozenset(Stage) - {Stage.DELETED}
ACTIVE = frozenset(stage for stage in EVERY_STAGE if PHASES[stage] is Phase.ACTIVE)
OF_ALL_TIMES = frozenset({None, View.DRAFTS})
STAGES_OF_VIEW = {
    View.WAITING_FOR_CUSTOMER: frozenset({Stage.WAITS_FOR_CUSTOMER}),
    View.RESOLVED: frozenset({Stage.RESOLVED}),
}
SLA_OF_VIEW = {View.OVERDUE: ClockState.BREACHED, View.AT_RISK: ClockState.AT_RISK}
OF_ONE_PERSON = frozenset({View.MINE, View.WAITING_FOR_ME})
NOBODY = "none"


class Nothing(Exception):
    """The conditions exclude each other: the list is empty without asking."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    ``conditions`` are the names of walks.CONDITIONS with their values; the stages are among them only when they are
    not simply all stages of their phases.
    """

    stages: tuple[int, ...]
    phases: tuple[Phase, ...]
    assignee_id: int | None
    conditions: dict[str, Any]

    @property
    def is_of_all_stages(self) -> bool:
        return len(self.stages) == len(EVERY_STAGE)


def question(actor: Actor, query: QueueQuery) -> Question:
    """What a query asks for.

    Raises:
        Nothing: no ticket can answer it.
    """
    stages = _stages(query)
    phases = tuple(sorted({PHASES[stage] for stage in stages}))
    whole = stages == {stage for stage in EVERY_STAGE if PHASES[stage] in phases}
    assignee = _assignee(actor, query)
    assignee_id = assignee if isinstance(assignee, int) else None
    found: dict[str, Any] = {
        "nobody": True if assignee == NOBODY else None,
        "assignee": assignee_id,
        "sla": _sla(query),
        "urgencies": sorted({p.urgency for p in query.priority}) or None,
        "stages": None if whole else sorted(stages),
        "team": query.team,
        "category": query.category,
        "channel": query.channel,
        "requester": query.requester,
        "tag": query.tag.lower() if query.tag else None,
        "by_customer": True if query.view is View.WAITING_FOR_ME else None,
        "created_after": query.created_after,
        "created_before": query.created_before,
        "updated_after": query.updated_after,
    }
    conditions = {name: value for name, value in found.items() if value is not None}
    return Question(tuple(sorted(stages)), phases, assignee_id, conditions)


def _stages(query: QueueQuery) -> frozenset[Stage]:
    """A view's stages, narrowed by the filter; what is watched is what is worked on, unless asked otherwise."""
    wanted = EVERY_STAGE
    if query.view is View.WATCHED and query.status:
        wanted = EVERY_STAGE
    elif query.view not in OF_ALL_TIMES:
        wanted = STAGES_OF_VIEW.get(query.view or View.OPEN, ACTIVE)
    if query.status:
        wanted &= {stage for status in query.status for stage in STAGES[status]}
    if not wanted:
        raise Nothing
    return wanted


def _assignee(actor: Actor, query: QueueQuery) -> int | str | None:
    """A person's id, NOBODY, or None for whoever."""
    if actor.person_id is None and (query.assignee == "me" or query.view in OF_ONE_PERSON):
        raise Nothing
    asked = actor.person_id if query.assignee == "me" else query.assignee
    given = (
        actor.person_id if query.view in OF_ONE_PERSON else NOBODY if query.view is View.UNASSIGNED else None
    )
    if given is not None and asked is not None and given != asked:
        raise Nothing
    return asked if given is None else given


def _sla(query: QueueQuery) -> ClockState | None:
    given = SLA_OF_VIEW.get(query.view) if query.view else None
    if given is not None and query.sla not in (None, given):
        raise Nothing
    return given or query.sla


@dataclass(frozen=True, slots=True)
class Scope:
    """Which tickets a list may show.

    Args:
        teams: the teams whose tickets it shows, None for the whole house.
        personal: also tickets of other teams that concern the viewer.
        hidden: with the whole house: the teams that stay closed.
        narrowed: the list was narrowed to one team, and the viewer sees all of it.
    """

    teams: tuple[int, ...] | None
    personal: bool
    hidden: tuple[int, ...] = ()
    narrowed: bool = False

    @property
    def condition(self) -> tuple[str, ...]:
        """The name of the condition that keeps a walk to this scope by checking each row."""
        if self.narrowed or (self.teams is None and not self.hidden):
            return ()
        if self.teams is None:
            return ("seen_of_all" if self.personal else "not_hidden",)
        return ("seen_of_own" if self.personal else "teams",)


def scope(actor: Actor, query: QueueQuery) -> Scope:
    """The scope of a list for a member of staff (or the house itself).

    Raises:
        Nothing: a list of teams for somebody who has none, or of a team that is not to be seen.
    """
    everything = actor.kind in HOUSE or sees_all_teams(actor)
    personal = actor.only_team_ids is None
    hidden = () if actor.kind in HOUSE else tuple(sorted(actor.hidden_team_ids))
    own = tuple(sorted(actor.team_ids))
    of_teams = query.view in TEAM_VIEWS
    if query.team is not None:
        if query.team not in hidden if everything else query.team in own:
            return Scope((query.team,), personal=False, narrowed=True)
        if of_teams or not personal:
            raise Nothing
        return Scope((), personal=True)
    if of_teams and own:
        return Scope(own, personal=False)
    if everything:
        return Scope(None, personal=bool(hidden) and not of_teams, hidden=hidden)
    if of_teams or not (personal or own):
        raise Nothing
    return Scope(own, personal=personal)


def values(actor: Actor, asked: Question) -> dict[str, Any]:
    """The values of every condition and set a statement may name."""
    return asked.conditions | {
        "stages": list(asked.stages),
        "phases": list(asked.phases),
        "me": actor.person_id,
        "teams": sorted(actor.team_ids),
        "hidden": sorted(actor.hidden_team_ids),
        "organisation": actor.managed_organisation_id,
    }
