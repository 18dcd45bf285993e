"""How things stand equals what counting the tickets one by one says, for everybody, with few statements."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.sla.words import ClockState
from app.tickets import standing as standing_room
from app.tickets.access import visible_to
from app.tickets.actions import assigning, closing, company, rating, replying, triage
from app.tickets.actions import clock as clock_verbs
from app.tickets.models import Participant, Rating, Ticket
from app.tickets.schemas import NewComment, Score, StatusMove
from app.tickets.standing import standing
from app.tickets.words import ACTIVE, PendingReason, Status

BEGIN = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def average(numbers):
    return sum(numbers) / len(numbers) if numbers else None


def reckoned(actor):
    """The same by looking at every ticket."""
    db.session.rollback()
    seen = db.session.scalars(
        sa.select(Ticket).where(visible_to(actor)).execution_options(populate_existing=True)
    ).all()
    active = [one for one in seen if one.status in ACTIVE]
    lately = [one for one in seen if one.created_at >= clock.now() - timedelta(days=30)]
    scores = {row.ticket_id: row.score for row in db.session.scalars(sa.select(Rating))}
    promised = [one for one in lately if one.resolved_at and one.sla_policy_id]
    broken = ClockState.BREACHED
    return {
        "total": len(seen),
        **Counter(one.status.value for one in seen),
        "unassigned": sum(one.assignee_id is None for one in active),
        "at_risk": sum(one.sla_state is ClockState.AT_RISK for one in active),
        "breached": sum(one.sla_state is broken for one in active),
        "first_response": average(
            [(t.first_response_at - t.created_at).total_seconds() for t in lately if t.first_response_at]
        ),
        "resolution": average(
            [(t.resolved_at - t.created_at).total_seconds() for t in lately if t.resolved_at]
        ),
        "sla_compliance": average([broken not in (t.response_state, t.resolution_state) for t in promised]),
        "satisfaction": average([scores[t.id] for t in lately if t.id in scores]),
    }


def told(actor):
    found = standing(actor)
    counts = {"total": found.total} | {word.value: n for word, n in found.by_status.items() if n}
    counts |= {name: getattr(found, name) for name in ("unassigned", "at_risk", "breached")}
    shown = ("first_response", "resolution", "sla_compliance", "satisfaction")
    return counts, {name: getattr(found.averages, name) for name in shown}


def agrees(actor):
    counts, averages = told(actor)
    wanted = reckoned(actor)
    assert counts == {name: wanted[name] for name in counts}
    assert wanted.keys() == counts.keys() | averages.keys()
    for name, given in averages.items():
        exact = wanted[name]
        assert (given is None) == (exact is None), name
        if given is not None:
            within = 0.501 if name in ("first_response", "resolution") else 0.0051
            assert abs(given - exact) <= within, name
    return wanted


class Office:
    """Three teams, one of them confidential, and tickets whose lives differ."""

    def __init__(self, world, rng):
        self.world, self.rng = world, rng
        self.lager = world.make_team("Lager")
        self.secret = world.make_team("Personal", is_confidential=True)
        self.firm = world.organisation("Muster GmbH")
        self.anna = world.agent()
        self.otto = world.agent(teams=[self.lager])
        self.secretary = world.agent(teams=[self.secret])
        self.lead = world.leader()
        self.mia = world.customer(organisation_id=self.firm.id)
        self.kai = world.customer()
        self.boss = world.customer(organisation_id=self.firm.id, manages_organisation=True)

    def everybody(self):
        people = (self.anna, self.otto, self.secretary, self.lead, self.mia, self.kai, self.boss)
        found = [self.world.actor(one) for one in (*people, self.world.customer(), self.world.admin())]
        lager = frozenset({self.lager.id})
        return [*found, replace(found[0], key_id=1, team_ids=lager, only_team_ids=lager)]

    def do(self, verb, person, ticket, *rest):
        actor = self.world.actor(person)
        try:
            run_unit(lambda: verb(actor, ticket.id, *rest))
        except Exception as refusal:
            assert type(refusal).__module__ == "app.core.errors", refusal
            db.session.rollback()

    def live(self, clockwork):
        """One ticket's life, as chance will have it."""
        ticket = self.world.ticket(self.rng.choice((self.mia, self.kai, self.anna)))
        team = self.rng.choice((None, self.lager, self.secret))
        if team is not None:
            self.do(triage.change_team, self.lead, ticket, team.id)
        if self.rng.random() < 0.3:
            who = self.rng.choice((self.kai, self.boss))
            row = Participant(ticket_id=ticket.id, person_id=who.id, created_at=clock.now())
            run_unit(lambda: db.session.add(row))
        for _ in range(self.rng.randrange(7)):
            clockwork.shift(timedelta(minutes=self.rng.randrange(1, 900)))
            self.step(ticket)
            clock_verbs.check_due()
        if self.rng.random() < 0.4:
            self.do(triage.change_status, self.lead, ticket, StatusMove(status=Status.RESOLVED))
            self.rated(ticket)

    def step(self, ticket):
        somebody = self.rng.choice((self.anna, self.otto, self.secretary, self.lead))
        verb, *rest = self.rng.choice(
            (
                (assigning.take,),
                (assigning.release,),
                (company.watch,),
                (replying.add_comment, NewComment(body="Wir sind dran.")),
                (triage.change_status, StatusMove(status=Status.RESOLVED)),
                (triage.change_status, StatusMove(status=Status.CLOSED)),
                (
                    triage.change_status,
                    StatusMove(status=Status.PENDING, pending_reason=PendingReason.CUSTOMER),
                ),
                (closing.delete,),
            )
        )
        self.do(verb, somebody, ticket, *rest)

    def rated(self, ticket):
        requester = db.session.get_one(type(self.mia), ticket.requester_id)
        self.do(rating.rate, requester, ticket, Score(score=self.rng.randrange(1, 6)))


@pytest.mark.parametrize("seed", range(3))
def test_it_equals_what_counting_says_for_everybody(world, seed):
    office = Office(world, random.Random(seed))
    with time_machine.travel(BEGIN, tick=False) as clockwork:
        for number in range(24):
            office.live(clockwork)
            if number == 11:
                clockwork.shift(timedelta(days=25))
        found = [agrees(actor) for actor in office.everybody()]
    assert len({one["total"] for one in found}) > 4, "people see different things"
    assert any(one["breached"] for one in found)
    for name in ("first_response", "resolution", "sla_compliance", "satisfaction"):
        assert any(one[name] is not None for one in found), name


def test_where_nothing_is_nothing_is_averaged(world):
    counts, averages = told(world.actor(world.customer()))
    assert set(counts.values()) == {0}
    assert set(averages.values()) == {None}


def test_averages_speak_of_the_last_month_and_of_the_newest(world, monkeypatch):
    anna, mia = world.agent(), world.customer()
    with time_machine.travel(BEGIN, tick=False) as clockwork:
        for wait in (60, 120):
            ticket = world.ticket(mia)
            clockwork.shift(timedelta(seconds=wait))
            world.say(anna, ticket)
        assert [told(world.actor(one))[1]["first_response"] for one in (anna, mia)] == [90, 90]
        monkeypatch.setattr(standing_room, "LOOKED_AT", 1)
        assert [told(world.actor(one))[1]["first_response"] for one in (anna, mia)] == [120, 90]
        clockwork.shift(timedelta(days=31))
        assert [told(world.actor(one))[1]["first_response"] for one in (anna, mia)] == [None, None]


def test_it_costs_few_statements_however_many_tickets_there_are(world, statements):
    office = Office(world, random.Random(7))
    standing(world.actor(office.anna))  # settings are kept for some seconds
    counts = []
    for _ in range(2):
        seen = []
        for person in (office.lead, office.anna, office.mia):
            actor = world.actor(person)
            db.session.rollback()
            with statements() as spoken:
                standing(actor)
            seen.append(len([one for one in spoken if one.startswith("SELECT")]))
        counts.append(seen)
        for _ticket in range(5):
            world.ticket(office.mia)
    assert counts[0] == counts[1] == [4, 4, 2], spoken
