"""The queue shows what visible_to shows: nothing more, nothing less, in order, over any number of pages."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts.actors import CLOCK
from app.accounts.api_keys import actor_for_key
from app.accounts.words import Role
from app.core.db import db
from app.core.uow import run_unit
from app.settings import actions as settings_actions
from app.settings import queries as settings_queries
from app.settings.schemas import TicketRules
from app.sla.words import ClockState
from app.tickets import queue
from app.tickets.access import visible_to
from app.tickets.deadlines import NEVER
from app.tickets.listing import TEAM_VIEWS, QueueQuery, Sort, View
from app.tickets.models import Category, Draft, Participant, Tag, Ticket, TicketTag, Watcher
from app.tickets.words import Channel, PendingReason, Phase, Priority, Status
from tests.support.api_keys import OF_TICKETS, key_for

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
TICKETS = 160


class Firm:
    """Three teams (one confidential), everybody who may look at tickets, and tickets of every kind."""

    def __init__(self, world, rng):
        self.world = world
        self.teams = [
            world.team,
            world.make_team("Netzwerk"),
            world.make_team("Personal", is_confidential=True),
        ]
        service, network, personnel = self.teams
        self.organisation = world.organisation("Beispiel GmbH")
        self.people = {
            "customer": world.customer(),
            "manager": world.customer(organisation_id=self.organisation.id, manages_organisation=True),
            "agent": world.agent(teams=[service]),
            "agent_of_two": world.agent(teams=[service, personnel]),
            "agent_without_team": world.agent(teams=[]),
            "leader": world.leader(teams=[network]),
            "leader_of_personnel": world.leader(teams=[personnel]),
            "admin": world.admin(teams=[]),
        }
        self.requesters = [self.people["customer"], self.people["agent"], world.customer()]
        self.requesters.append(world.customer(organisation_id=self.organisation.id))
        self.categories = list(db.session.scalars(sa.select(Category.id)))[:2]
        run_unit(lambda: self._tickets(rng))

    def _tickets(self, rng):
        tags = [Tag(name=name) for name in ("vpn", "drucker")]
        db.session.add_all(tags)
        people = list(self.people.values())
        for n in range(TICKETS):
            ticket = self._ticket(rng, n, people)
            db.session.add(ticket)
            db.session.flush()
            for tag in rng.sample(tags, rng.choice((0, 0, 1, 2))):
                db.session.add(TicketTag(ticket_id=ticket.id, tag_id=tag.id))
            for person in rng.sample(people[2:], rng.choice((0, 0, 0, 1))):
                db.session.add(
                    Watcher(ticket_id=ticket.id, person_id=person.id, phase=ticket.phase, created_at=START)
                )
            if rng.random() < 0.1:
                person = self.people["customer"]
                db.session.add(Participant(ticket_id=ticket.id, person_id=person.id, created_at=START))
            if rng.random() < 0.1:
                person = rng.choice(people[2:])
                draft = {"ticket_id": ticket.id, "person_id": person.id, "body": "…", "saved_at": START}
                db.session.add(Draft(**draft, is_internal=rng.random() < 0.5))

    def _ticket(self, rng, n, people):
        status = rng.choice([*Status, Status.OPEN, Status.IN_PROGRESS])
        requester = rng.choice(self.requesters)
        assignee = rng.choice([None, None, *people[2:]])
        # few different moments, so that many tickets share a key and only the id tells them apart
        at = START + timedelta(hours=rng.randint(0, 12))
        return Ticket(
            title=f"Anfrage {n}",
            description="",
            description_html="",
            requester_id=requester.id,
            organisation_id=requester.organisation_id,
            assignee_id=assignee.id if assignee else None,
            team_id=rng.choice(self.teams).id,
            category_id=rng.choice([None, *self.categories]),
            status=status,
            pending_reason=rng.choice(list(PendingReason)) if status is Status.PENDING else None,
            priority=rng.choice(list(Priority)),
            priority_reason={},
            assign_reason={},
            channel=rng.choice(list(Channel)),
            created_at=at,
            updated_at=at + timedelta(hours=rng.randint(0, 3)),
            due_at=rng.choice([NEVER, at + timedelta(hours=rng.randint(1, 5))]),
            sla_state=rng.choice(list(ClockState)),
            last_entry_by_customer=rng.random() < 0.5,
            deleted_at=at if rng.random() < 0.08 else None,
        )


def expected(actor, query):
    """The answer by asking every visible ticket one by one."""
    tickets = db.session.scalars(sa.select(Ticket).where(visible_to(actor))).all()
    facts = Facts(actor, query)
    found = [t for t in tickets if facts.fits(t)]
    order = query.order
    found.sort(key=lambda t: (*(getattr(t, c) for c in order.columns), t.id), reverse=order.descending)
    return [t.id for t in found]


class Facts:
    def __init__(self, actor, query):
        self.actor, self.query = actor, query
        self.tagged = set(
            db.session.scalars(sa.select(TicketTag.ticket_id).join(Tag).where(Tag.name == query.tag))
        )
        me = actor.person_id
        self.watched = set(db.session.scalars(sa.select(Watcher.ticket_id).where(Watcher.person_id == me)))
        self.drafts = set(db.session.scalars(sa.select(Draft.ticket_id).where(Draft.person_id == me)))

    def fits(self, t):
        return self._view(t) and self._filters(t)

    def _view(self, t):
        view, actor = self.query.view, self.actor
        if (
            view in TEAM_VIEWS
            and self.query.team is None
            and actor.team_ids
            and t.team_id not in actor.team_ids
        ):
            return False
        if view in TEAM_VIEWS and not self._by_team(t):
            return False
        active = t.phase is Phase.ACTIVE
        return {
            None: True,
            View.MINE: active and t.assignee_id == (actor.person_id or 0),
            View.WAITING_FOR_ME: active
            and t.assignee_id == (actor.person_id or 0)
            and t.last_entry_by_customer,
            View.OPEN: active,
            View.UNASSIGNED: active and t.assignee_id is None,
            View.OVERDUE: active and t.sla_state is ClockState.BREACHED,
            View.AT_RISK: active and t.sla_state is ClockState.AT_RISK,
            View.WAITING_FOR_CUSTOMER: t.status is Status.PENDING
            and t.pending_reason is PendingReason.CUSTOMER,
            View.RESOLVED: t.status is Status.RESOLVED,
            View.ALL_ACTIVE: active,
            View.DRAFTS: t.id in self.drafts,
            View.WATCHED: t.id in self.watched and (active or bool(self.query.status)),
        }[view]

    def _by_team(self, t):
        """Team lists leave out what concerns the viewer in closed teams only."""
        if self.actor is CLOCK or self.actor.role == Role.CUSTOMER:
            return True
        if self.actor.can("tickets.all_teams") or settings_queries.get(TicketRules).agents_see_all_teams:
            return t.team_id not in self.actor.hidden_team_ids
        return t.team_id in self.actor.team_ids

    def _filters(self, t):
        q = self.query
        wanted = {"me": self.actor.person_id or 0, "none": None}.get(q.assignee, q.assignee)
        return all(
            (
                not q.status or t.status in q.status,
                not q.priority or t.priority in q.priority,
                q.team in (None, t.team_id),
                q.category in (None, t.category_id),
                q.assignee is None or t.assignee_id == wanted,
                q.requester in (None, t.requester_id),
                q.tag is None or t.id in self.tagged,
                q.channel in (None, t.channel),
                q.sla in (None, t.sla_state),
                q.created_after is None or t.created_at >= q.created_after,
                q.created_before is None or t.created_at < q.created_before,
                q.updated_after is None or t.updated_at >= q.updated_after,
            )
        )


def walked(actor, query):
    """All pages from first to last, and back again."""
    seen, cursor = [], ""
    for _ in range(400):
        page = queue.page(actor, query.model_copy(update={"cursor": cursor}))
        seen += [row.id for row in page.rows]
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
    back = [row.id for row in page.rows][::-1]
    while page.previous_cursor is not None:
        page = queue.page(actor, query.model_copy(update={"cursor": page.previous_cursor}))
        back += [row.id for row in page.rows][::-1]
    return seen, back[::-1]


@st.composite
def queries(draw, firm):
    """Any view with up to three filters in any order."""
    filters = draw(st.sets(st.sampled_from(sorted(FILTERS)), max_size=3))
    values = {name: draw(FILTERS[name](firm)) for name in sorted(filters)}
    view = draw(st.sampled_from([None, *View]))
    sort = draw(st.sampled_from([None, *Sort]))
    return QueueQuery(view=view, sort=sort, limit=draw(st.integers(3, 40)), **values)


MOMENTS = st.integers(0, 14).map(lambda hours: START + timedelta(hours=hours))
FILTERS = {
    "status": lambda firm: st.lists(st.sampled_from(list(Status)), min_size=1, max_size=3, unique=True),
    "priority": lambda firm: st.lists(st.sampled_from(list(Priority)), min_size=1, max_size=2, unique=True),
    "team": lambda firm: st.sampled_from([team.id for team in firm.teams]),
    "category": lambda firm: st.sampled_from(firm.categories),
    "assignee": lambda firm: st.sampled_from(["me", "none", *(p.id for p in list(firm.people.values())[2:])]),
    "requester": lambda firm: st.sampled_from([p.id for p in firm.requesters]),
    "tag": lambda firm: st.sampled_from(["vpn", "drucker", "unbekannt"]),
    "channel": lambda firm: st.sampled_from(list(Channel)),
    "sla": lambda firm: st.sampled_from(list(ClockState)),
    "created_after": lambda firm: MOMENTS,
    "created_before": lambda firm: MOMENTS,
    "updated_after": lambda firm: MOMENTS,
}


def actors_of(firm):
    """Everybody, and programs whose keys are limited to teams (A40)."""
    limited = {"admin": firm.teams[1:], "agent_of_two": firm.teams[:2], "leader": firm.teams[2:]}
    texts = [key_for(firm.people[who], *OF_TICKETS, teams=tuple(teams))[1] for who, teams in limited.items()]
    programs = [actor_for_key(text)[0] for text in texts]
    assert [len(actor.only_team_ids) for actor in programs[::2]] == [1, 0]
    return [CLOCK, *(firm.world.actor(person) for person in firm.people.values()), *programs]


@pytest.fixture
def firm(world):
    return Firm(world, random.Random(5))


@pytest.mark.parametrize("see_all", [False, True])
@pytest.mark.parametrize("sets", ["looked_through", "too_large"])
def test_the_queue_equals_a_brute_force_filter(firm, see_all, sets, monkeypatch):
    monkeypatch.setattr(queue, "FIRST_WINDOW", 2)
    monkeypatch.setattr(queue, "WINDOWS", (9, 11))
    if sets == "too_large":
        monkeypatch.setattr("app.tickets.plans.SET", 2)
    if see_all:
        run_unit(lambda: settings_actions.change(TicketRules(agents_see_all_teams=True), actor=CLOCK))
    actors = actors_of(firm)

    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
        derandomize=True,
        database=None,
    )
    @given(st.data())
    def check(data):
        actor = data.draw(st.sampled_from(actors))
        query = data.draw(queries(firm))
        forth, back = walked(actor, query)
        assert forth == expected(actor, query), (actor.role, query)
        assert back == forth

    check()
