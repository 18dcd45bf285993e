"""Working a ticket: taking, releasing, assigning, escalating, sorting, company, drafts and presence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.uow import run_unit
from app.events.models import Event
from app.settings.actions import change as change_settings
from app.settings.schemas import TicketRules
from app.tickets import queries
from app.tickets.access import ticket_for
from app.tickets.actions import assigning, attending, company, escalating, replying, tagging, triage
from app.tickets.actions.opening import open_ticket
from app.tickets.models import Category, Ticket
from app.tickets.schemas import Escalation, NewComment, NewTicket, StatusMove
from app.tickets.words import Channel, PresenceMode, Priority, Status

NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)


@pytest.fixture
def story(world):
    """An open ticket nobody has, in a team that assigns by hand."""
    with time_machine.travel(NOW, tick=False) as travel:
        world.clock = travel
        run_unit(lambda: setattr(db.session.merge(world.team), "auto_assign", False))
        world.mia = world.customer()
        world.anna, world.ben = world.agent(), world.agent()
        world.lead = world.leader()
        ticket = run_unit(
            lambda: open_ticket(
                NewTicket(title="Drucker", description="Leer"),
                actor=world.actor(world.mia),
                channel=Channel.WEB,
            )
        )
        world.ticket_id = ticket.id
        yield world


def ticket(world) -> Ticket:
    return db.session.get(Ticket, world.ticket_id, populate_existing=True)


def do(verb, world, person, *args, **kwargs):
    return run_unit(lambda: verb(world.actor(person), world.ticket_id, *args, **kwargs))


def last_event(world) -> Event:
    return db.session.scalars(
        sa.select(Event).where(Event.ticket_id == world.ticket_id).order_by(Event.id.desc())
    ).first()


def test_taking_a_ticket_starts_work_on_it(story):
    do(assigning.take, story, story.anna)
    assert ticket(story).assignee_id == story.anna.id
    assert ticket(story).status is Status.IN_PROGRESS


def test_a_ticket_somebody_has_cannot_be_taken_by_a_colleague_but_by_a_leader(story):
    do(assigning.take, story, story.anna)
    with pytest.raises(Conflict):
        do(assigning.take, story, story.ben)
    do(assigning.take, story, story.lead)
    assert ticket(story).assignee_id == story.lead.id


def test_releasing_gives_it_back_to_the_team(story):
    do(assigning.take, story, story.anna)
    with pytest.raises(Forbidden):
        do(assigning.release, story, story.ben)
    do(assigning.release, story, story.anna)
    assert (ticket(story).assignee_id, ticket(story).status) == (None, Status.OPEN)


def test_assigning_to_another_person_is_for_leaders(story):
    with pytest.raises(Forbidden):
        do(assigning.assign, story, story.anna, story.ben.id)
    do(assigning.assign, story, story.lead, story.ben.id)
    assert ticket(story).assignee_id == story.ben.id
    assert ticket(story).assign_reason == {"rule": "by_hand"}


def test_agents_hand_on_within_their_team_when_the_setting_allows(story):
    admin = story.actor(story.admin())
    run_unit(lambda: change_settings(TicketRules(agents_hand_on=True), actor=admin))
    do(assigning.assign, story, story.anna, story.ben.id)
    assert ticket(story).assignee_id == story.ben.id


def test_only_members_of_the_team_can_be_assigned(story):
    stranger = story.agent(teams=[story.make_team("Anderes")])
    with pytest.raises(Invalid):
        do(assigning.assign, story, story.lead, stranger.id)


def test_a_stale_view_is_refused_with_a_conflict(story):
    seen = ticket(story).version
    do(triage.change_title, story, story.ben, "Drucker im Lager")
    with pytest.raises(Conflict):
        do(assigning.take, story, story.anna, seen)
    with pytest.raises(Conflict):
        do(triage.change_priority, story, story.anna, Priority.HIGH, seen)
    with pytest.raises(Conflict):
        do(triage.change_status, story, story.anna, StatusMove(status="pending", version=seen))


def test_automatic_assignment_by_a_leader_takes_the_idlest(story):
    do(assigning.take, story, story.anna)
    do(assigning.release, story, story.anna)
    with pytest.raises(Forbidden):
        do(assigning.assign_automatically, story, story.anna)
    do(assigning.assign_automatically, story, story.lead)
    assert ticket(story).assignee_id == story.ben.id


def test_escalating_goes_up_with_a_reason_and_finds_somebody_of_that_level(story):
    expert = story.agent(support_level=3)
    do(assigning.take, story, story.anna)
    do(escalating.escalate, story, story.anna, Escalation(level=3, reason="Druckkopf muss getauscht werden"))
    now = ticket(story)
    assert (now.support_level, now.assignee_id) == (3, expert.id)
    fact = db.session.scalars(sa.select(Event).where(Event.kind == "ticket.escalated")).one()
    assert (fact.payload["from_level"], fact.payload["to_level"]) == (1, 3)
    caused = db.session.scalars(sa.select(Event).where(Event.cause_id == fact.id)).all()
    assert [event.kind for event in caused][:1] == ["ticket.assigned"]


def test_escalating_downwards_is_refused(story):
    do(escalating.escalate, story, story.anna, Escalation(level=3, reason="Schwer"))
    with pytest.raises(Conflict):
        do(escalating.escalate, story, story.anna, Escalation(level=2, reason="Doch leicht"))


def test_another_team_gets_the_ticket_without_an_assignee(story):
    network = story.make_team("Netzwerk", auto_assign=False)
    do(assigning.take, story, story.anna)
    do(triage.change_team, story, story.anna, network.id)
    assert (ticket(story).team_id, ticket(story).assignee_id) == (network.id, None)
    with pytest.raises(NotFound):
        ticket_for(story.actor(story.ben), story.ticket_id)
    with pytest.raises(Invalid):
        do(triage.change_team, story, story.lead, 987654)


def test_choosing_a_category_keeps_the_team(story):
    category = Category(name_de="Toner", name_en="Toner", created_at=clock.now())
    run_unit(lambda: db.session.add(category))
    do(triage.change_category, story, story.anna, category.id)
    assert ticket(story).category_id == category.id
    assert last_event(story).payload == {"old_id": None, "new_id": category.id}
    with pytest.raises(Invalid):
        do(triage.change_category, story, story.anna, 987654)


def test_tags_are_folded_to_one_spelling_and_what_changed_is_recorded(story):
    do(tagging.change_tags, story, story.anna, ["Toner", " toner ", "Lager"])
    assert queries.tags(ticket(story)) == ["lager", "toner"]
    do(tagging.change_tags, story, story.anna, ["lager"])
    assert last_event(story).payload == {"added": [], "removed": ["toner"]}


def test_watchers_see_tickets_of_teams_that_are_not_theirs(story):
    network = story.make_team("Netzwerk", auto_assign=False)
    do(company.watch, story, story.anna)
    do(triage.change_team, story, story.lead, network.id)
    assert ticket_for(story.actor(story.anna), story.ticket_id).id == story.ticket_id
    do(company.unwatch, story, story.anna)
    with pytest.raises(NotFound):
        ticket_for(story.actor(story.anna), story.ticket_id)


def test_a_participant_reads_from_joining_on_and_loses_access_at_once(story):
    eve = story.customer(email="eve@firma.example")
    do(replying.add_comment, story, story.mia, NewComment(body="vorher"))
    do(company.add_participant, story, story.anna, "EVE@firma.example")
    do(replying.add_comment, story, story.mia, NewComment(body="nachher"))
    seen = queries.entries(story.actor(eve), ticket(story)).comments
    assert [comment.body for comment in seen] == ["nachher"]
    with pytest.raises(Invalid):
        do(company.add_participant, story, story.anna, "eve@firma.example")
    do(company.remove_participant, story, story.mia, eve.id)
    with pytest.raises(NotFound):
        ticket_for(story.actor(eve), story.ticket_id)


def test_confidential_teams_are_closed_to_leaders_who_do_not_belong(story):
    people = story.make_team("Personal", is_confidential=True, auto_assign=False)
    do(triage.change_team, story, story.lead, people.id)
    with pytest.raises(NotFound):
        ticket_for(story.actor(story.lead), story.ticket_id)
    insider = story.leader(teams=[people])
    assert ticket_for(story.actor(insider), story.ticket_id).id == story.ticket_id


def test_a_draft_is_kept_for_its_writer_and_gone_when_sent(story):
    do(attending.save_draft, story, story.anna, is_internal=False, body="Guten Tag,")
    assert queries.drafts(story.actor(story.anna), ticket(story))[False].body == "Guten Tag,"
    assert queries.drafts(story.actor(story.ben), ticket(story)) == {}
    do(replying.add_comment, story, story.anna, NewComment(body="Guten Tag, fertig"))
    assert queries.drafts(story.actor(story.anna), ticket(story)) == {}
    do(attending.save_draft, story, story.anna, is_internal=True, body="x")
    do(attending.save_draft, story, story.anna, is_internal=True, body=" ")
    assert queries.drafts(story.actor(story.anna), ticket(story)) == {}


def test_presence_is_seen_by_colleagues_for_25_seconds(story):
    do(attending.be_present, story, story.anna, PresenceMode.READING)
    do(attending.be_present, story, story.anna, PresenceMode.WRITING)
    seen = queries.present(story.actor(story.ben), ticket(story))
    assert [(p.person_id, p.mode) for p in seen] == [(story.anna.id, PresenceMode.WRITING)]
    assert queries.present(story.actor(story.anna), ticket(story)) == []
    story.clock.shift(timedelta(seconds=26))
    assert queries.present(story.actor(story.ben), ticket(story)) == []
    do(attending.leave, story, story.anna)


def test_read_marks_only_go_forward(story):
    first = do(replying.add_comment, story, story.mia, NewComment(body="eins"))
    do(attending.mark_read, story, story.anna, first.id)
    do(attending.mark_read, story, story.anna, 0)
    assert queries.read_up_to(story.actor(story.anna), ticket(story)) == first.id


def test_what_was_read_can_no_longer_be_corrected(story):
    entry = do(replying.add_comment, story, story.mia, NewComment(body="eins"))
    with pytest.raises(Conflict):
        do(replying.correct, story, story.mia, entry.id, "zwei")
    note = do(replying.add_comment, story, story.anna, NewComment(body="Notiz", is_internal=True))
    do(attending.mark_read, story, story.ben, note.id)
    with pytest.raises(Conflict):
        do(replying.correct, story, story.anna, note.id, "Notiz, besser")


def test_only_the_author_corrects_and_takes_back(story):
    note = do(replying.add_comment, story, story.anna, NewComment(body="Notiz", is_internal=True))
    with pytest.raises(Forbidden):
        do(replying.correct, story, story.ben, note.id, "anders")
    sent = do(replying.add_comment, story, story.anna, NewComment(body="Antwort"))
    with pytest.raises(Forbidden):
        do(replying.take_back, story, story.ben, sent.id)


def test_nothing_that_stays_the_same_is_recorded(story):
    before = last_event(story).id
    do(triage.change_priority, story, story.anna, ticket(story).priority)
    do(triage.change_title, story, story.anna, "Drucker")
    do(triage.change_team, story, story.anna, story.team.id)
    do(triage.change_category, story, story.anna, None)
    assert last_event(story).id == before
