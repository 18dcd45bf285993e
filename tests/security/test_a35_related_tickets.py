"""A35: tickets that have to do with each other keep their own rights: a follow-up opens nothing of what went before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from app.core.db import db
from app.core.uow import run_unit
from app.tickets.actions import company, triage
from app.tickets.models import Attachment, Ticket
from app.tickets.schemas import StatusMove
from tests.security.sweep import sinks
from tests.security.sweep.answers import shape
from tests.security.sweep.asking import deed, send
from tests.security.sweep.stage import Stage
from tests.security.sweep.state import changed, snapshot
from tests.support.letters import bring, facts_about, key_for, letter, results, tickets
from tests.support.world import World

pytestmark = pytest.mark.sqlite_only
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SAID, NOTED, HELD, ASKED = "kanarie-gesagt", "kanarie-intern", "kanarie-datei", "kanarie-gefragt"
CLOSED_FOR = timedelta(days=20)
ASK = {"title": "Wieder da", "description": "Von vorn", "impact": "low"}


@pytest.fixture
def story(world: World) -> Iterator[Any]:
    """Mia's request with Karl in it, a reply, a note and a file; closed long ago."""
    with time_machine.travel(NOW, tick=False) as travel:
        story: Any = world
        story.stage, story.anna, story.lea = Stage(world), world.agent(), world.leader()
        story.mia, story.karl = world.customer(first_name="Mia"), world.customer(first_name="Karl")
        story.before = world.ticket(story.mia, description=ASKED)
        lea = story.actor(story.lea)
        run_unit(lambda: company.add_participant(lea, story.before.id, story.karl.email))
        world.say(story.mia, story.before, SAID)
        note = world.say(story.anna, story.before, NOTED, is_internal=True)
        story.file = story.stage.file(story.before, comment=note, data=HELD.encode(), name=HELD)
        close(story, story.before)
        world.relay()
        travel.shift(CLOSED_FOR)
        yield story


def close(story: Any, ticket: Ticket) -> None:
    actor = story.actor(story.lea)
    run_unit(lambda: triage.change_status(actor, ticket.id, StatusMove(status="closed")))


def newest() -> Ticket:
    db.session.rollback()
    return db.session.scalars(sa.select(Ticket).order_by(Ticket.id.desc()).limit(1)).one()


def follow_up(story: Any, person: Any, **values: str) -> Ticket:
    """A request about the closed one, by its form in the portal."""
    browser = story.browser(person)
    browser.get(f"/portal/new?follows={story.before.number}")
    assert deed(browser, "/portal/new", ASK | {"follows": str(story.before.id)} | values).status_code == 303
    made = newest()
    assert made.follows_id == story.before.id
    return made


def page(story: Any, person: Any, path: str) -> tuple[int, str]:
    answer = send(story.browser(person), "GET", path)
    return answer.status_code, answer.get_data(as_text=True)


def assert_hidden(story: Any, person: Any) -> None:
    """The earlier request, its words and its file are not there for a customer."""
    assert page(story, person, f"/portal/tickets/{story.before.number}")[0] == 404
    assert page(story, person, f"/portal/files/{story.file.id}")[0] == 404
    for path in ("/portal", "/portal/tickets"):
        assert f'href="/portal/tickets/{story.before.number}"' not in page(story, person, path)[1]


def test_a35_nobody_follows_up_what_is_not_theirs(story: Any) -> None:
    thief = story.browser(story.customer())
    thief.get("/portal")
    before = snapshot()
    asked = [send(thief, "GET", f"/portal/new?follows={n}") for n in (story.before.number, "TICKET-987654")]
    sent = [deed(thief, "/portal/new", ASK | {"follows": n}) for n in (str(story.before.id), "987654")]
    assert [answer.status_code for answer in asked + sent] == [404] * 4
    assert (shape(asked[0]), shape(sent[0])) == (shape(asked[1]), shape(sent[1]))
    assert changed(before) == []


def test_a35_who_takes_part_in_the_follow_up_sees_nothing_of_what_went_before(story: Any) -> None:
    made, eva, lea = follow_up(story, story.mia), story.customer(), story.actor(story.lea)
    run_unit(lambda: company.add_participant(lea, made.id, eva.email))
    status, seen = page(story, eva, f"/portal/tickets/{made.number}")
    assert status == 200
    assert not {word for word in (SAID, NOTED, HELD, ASKED, story.before.number) if word in seen}
    assert_hidden(story, eva)


def test_a35_the_follow_up_of_a_participant_is_theirs_alone(story: Any) -> None:
    """Karl asks about it anew: Mia, whose request it was, learns nothing of what he writes now."""
    made = follow_up(story, story.karl, description="Nur von Karl")
    story.say(story.anna, made, "Antwort an Karl")
    assert page(story, story.mia, f"/portal/tickets/{made.number}")[0] == 404
    assert made.number not in page(story, story.mia, f"/portal/tickets/{story.before.number}")[1]
    story_since = [mail for mail in sinks.mails(story) if mail.recipient == story.mia.email]
    assert not [mail for mail in story_since if made.number in mail.text or "Nur von Karl" in mail.text]


def test_a35_who_was_removed_keeps_the_follow_up_and_nothing_else(story: Any) -> None:
    made, lea = follow_up(story, story.karl), story.actor(story.lea)
    run_unit(lambda: company.remove_participant(lea, story.before.id, story.karl.id))
    status, seen = page(story, story.karl, f"/portal/tickets/{made.number}")
    assert status == 200
    assert SAID not in seen
    assert_hidden(story, story.karl)


def test_a35_a_note_stays_a_note(story: Any) -> None:
    made = follow_up(story, story.mia)
    story.say(story.anna, made, "neuer-vermerk", is_internal=True)
    for ticket in (story.before, made):
        status, seen = page(story, story.mia, f"/portal/tickets/{ticket.number}")
        assert status == 200
        assert NOTED not in seen and "neuer-vermerk" not in seen and HELD not in seen
    assert page(story, story.mia, f"/portal/files/{story.file.id}")[0] == 404
    assert NOTED not in page(story, story.anna, f"/tickets/{made.number}")[1]
    assert NOTED in page(story, story.anna, f"/tickets/{story.before.number}")[1]
    sent = sinks.mails(story)
    assert sent
    assert not [mail for mail in sent if NOTED in mail.text or "neuer-vermerk" in mail.text]


def test_a35_files_do_not_move_along(story: Any) -> None:
    """Not the file of a note, and not even one's own, which belongs to the request it came with."""
    own = story.stage.file(story.before, data=b"eigen", name="eigen")
    browser = story.browser(story.mia)
    browser.get("/portal/new")
    for file in (story.file, own):
        form = ASK | {"follows": str(story.before.id), "attachment_ids": str(file.id)}
        assert deed(browser, "/portal/new", form).status_code == 422
    db.session.rollback()
    assert newest().id == story.before.id
    assert set(db.session.scalars(sa.select(Attachment.ticket_id))) == {story.before.id}


def test_a35_another_team_gets_the_follow_up_and_not_what_went_before(story: Any) -> None:
    made, lea = follow_up(story, story.mia), story.actor(story.lea)
    other = story.make_team("Netzwerk", auto_assign=False)
    nils = story.agent(teams=[other])
    run_unit(lambda: triage.change_team(lea, made.id, other.id))
    for tab in ("", "?tab=history", "?tab=times", "?tab=files"):
        status, seen = page(story, nils, f"/tickets/{made.number}{tab}")
        assert status == 200
        assert not {word for word in (SAID, NOTED, HELD, ASKED) if word in seen}, tab
        assert page(story, nils, f"/tickets/{story.before.number}{tab}")[0] == 404
    assert page(story, nils, f"/tickets/files/{story.file.id}")[0] == 404


def test_a35_a_follow_up_by_mail_is_its_senders_alone(story: Any) -> None:
    headers = {"In-Reply-To": key_for(story.before, story.karl)}
    sent = letter("Noch eine Frage", sender=story.karl.email, headers=headers)
    assert results(bring(story.app, sent)) == ["created"]
    made = newest()
    assert (made.follows_id, made.requester_id) == (story.before.id, story.karl.id)
    assert page(story, story.mia, f"/portal/tickets/{made.number}")[0] == 404
    seen = page(story, story.karl, f"/portal/tickets/{made.number}")[1]
    assert not {word for word in (SAID, NOTED, HELD, ASKED) if word in seen}


def test_a35_naming_a_ticket_opens_nothing_of_it(story: Any) -> None:
    """A stranger writes its number into the subject: the agents get a hint, and nobody else anything at all."""
    eva = story.customer(email="eva@fremd.example")
    mail = letter("Und?", sender=eva.email, subject=f"Re: [{story.before.number}]")
    assert results(bring(story.app, mail)) == ["created"]
    made = newest()
    assert made.follows_id is None
    assert facts_about(made, "mail.names_ticket") == [{"named_id": story.before.id}]
    assert facts_about(story.before, "mail.names_ticket") == []
    assert_hidden(story, eva)
    assert "nimmt dort nicht teil" not in page(story, eva, f"/portal/tickets/{made.number}")[1]
    assert "Und?" not in page(story, story.mia, f"/portal/tickets/{story.before.number}")[1]
    told = [mail for mail in sinks.mails(story) if "Und?" in mail.text]
    assert {mail.recipient for mail in told} & {story.mia.email, story.karl.email} == set()


def test_a35_who_may_not_see_the_named_ticket_reads_its_number_only(story: Any) -> None:
    bring(story.app, letter("Und?", sender="eva@fremd.example", subject=f"[{story.before.number}]"))
    made, lea = newest(), story.actor(story.lea)
    other = story.make_team("Netzwerk", auto_assign=False)
    nils = story.agent(teams=[other])
    run_unit(lambda: triage.change_team(lea, made.id, other.id))
    seen = page(story, nils, f"/tickets/{made.number}?tab=history")[1]
    assert story.before.number in seen
    assert not {word for word in (SAID, NOTED, HELD, ASKED, story.before.title) if word in seen}
    assert page(story, nils, f"/tickets/{story.before.number}")[0] == 404
    assert len(tickets()) == 2
