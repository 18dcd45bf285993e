"""Whose words a mail is written in: the team's, those of all teams, the original; and what is filled into them."""

from __future__ import annotations

import pytest
import time_machine

from app.accounts.models import Person
from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.notifications.mail_kinds import LETTERS
from app.notifications.models import MailSignature, MailTemplate
from app.notifications.own_words import ALL_TEAMS, find
from app.notifications.words import MailKind
from app.tickets.models import Ticket
from app.tickets.words import Status
from tests.support.audience import move
from tests.support.post import Sent, mail_to
from tests.support.statements import counted
from tests.support.world import World


def reword(kind: MailKind, subject: str, body: str, *, team: int = ALL_TEAMS, language: str = "de") -> None:
    """Other words for a mail, past the rules that the pages keep."""
    row = MailTemplate(
        kind=kind,
        language=language,
        team_id=team or None,
        team_key=team,
        subject=subject,
        body=body,
        changed_at=clock.now(),
    )
    run_unit(lambda: db.session.add(row))


def sign(text: str, *, team: int = ALL_TEAMS, language: str = "de") -> None:
    """A signature, past the rules that the pages keep."""
    row = MailSignature(
        language=language, team_id=team or None, team_key=team, text=text, changed_at=clock.now()
    )
    run_unit(lambda: db.session.add(row))


@pytest.fixture
def ticket(world: World, customer: Person) -> Ticket:
    return world.ticket(customer)


def receipt(world: World, customer: Person) -> Sent:
    world.relay()
    return mail_to(customer, "ticket.opened")


def reply(world: World, customer: Person) -> Sent:
    world.relay()
    return mail_to(customer, "ticket.reply_added")


def test_the_words_of_the_team_come_before_those_of_all_teams_and_these_before_the_original(
    world: World, customer: Person, ticket: Ticket
) -> None:
    assert "Wir antworten so bald wie möglich." in receipt(world, customer).text
    reword(MailKind.RECEIVED, "[{number}] Danke", "Für alle.")
    assert "Für alle." in receipt(world, customer).text
    reword(MailKind.RECEIVED, "[{number}] Danke", "Für das Team.", team=world.team.id)
    mail = receipt(world, customer)
    assert "Für das Team." in mail.text and "Für das Team." in mail.html
    assert "Für alle." not in mail.text + mail.html


def test_words_of_another_team_language_or_mail_are_not_taken(
    world: World, customer: Person, ticket: Ticket
) -> None:
    other = world.make_team("Gebäude")
    reword(MailKind.RECEIVED, "[{number}]", "Fremdes Team.", team=other.id)
    reword(MailKind.RECEIVED, "[{number}]", "English.", language="en")
    reword(MailKind.PROGRESS, "[{number}]", "Andere Mail.")
    text = receipt(world, customer).text
    assert "Wir antworten so bald wie möglich." in text
    assert not {"Fremdes Team.", "English.", "Andere Mail."} & set(text.splitlines())


def test_each_reader_gets_the_words_of_their_own_language(world: World) -> None:
    reword(MailKind.RECEIVED, "[{number}] Hallo", "Deutsch.")
    reword(MailKind.RECEIVED, "[{number}] Hello", "English.", language="en")
    people = {code: world.customer(language=code) for code in ("de", "en")}
    for person in people.values():
        world.ticket(person)
    world.relay()
    assert "Deutsch." in mail_to(people["de"], "ticket.opened").text
    assert "English." in mail_to(people["en"], "ticket.opened").text


def test_heading_greeting_and_footer_stay(world: World, customer: Person, ticket: Ticket) -> None:
    reword(MailKind.RECEIVED, "[{number}] {title} / {name}", "Nur das.\n\n{link}")
    mail = receipt(world, customer)
    assert mail.subject == f"[{ticket.number}] Drucker druckt nicht / {customer.full_name}"
    assert mail.text.startswith(
        f"Guten Tag {customer.full_name},\n\nIhre Anfrage ist bei uns eingegangen\n\nNur das."
    )
    assert f"Anfrage ansehen:\nhttp://localhost/portal/tickets/{ticket.number}\n\n-- \n" in mail.text
    assert f'href="http://localhost/portal/tickets/{ticket.number}">Anfrage ansehen</a>' in mail.html


def test_values_are_filled_in_once_and_never_again(
    world: World, customer: Person, agent: Person, time: time_machine.Traveller
) -> None:
    ticket = world.ticket(customer, title="{link} {signature} **{number}** <b>{{7*7}}</b>")
    reword(MailKind.REPLY, "[{number}] {title}", "Zu {title}: {link}\n\n{message}\n\n{signature}")
    sign("{agent}, {team}\n{title} {nothing}")
    world.say(agent, ticket, "Siehe {title} und {signature}.")
    time.shift(16)
    mail = reply(world, customer)
    title = "{link} {signature} **{number}** <b>{{7*7}}</b>"
    assert mail.subject == f"[{ticket.number}] {title}"
    assert f"Zu {title}: http://localhost/portal/tickets/{ticket.number}" in mail.text
    assert "Siehe {title} und {signature}." in mail.text
    assert "{title} {nothing}" in mail.text, "what a signature does not know stays as it is"
    assert "<b>{{7" not in mail.html and "&lt;b&gt;{{7*7}}&lt;/b&gt;" in mail.html
    assert "<strong>" not in mail.html


def test_a_signature_stands_below_replies_of_staff_only(
    world: World, customer: Person, agent: Person, ticket: Ticket, time: time_machine.Traveller
) -> None:
    sign("Für alle: {site}")
    sign("Für das Team: {agent}, {team}", team=world.team.id)
    world.say(agent, ticket, "Ich schaue nach.")
    time.shift(16)
    mail = reply(world, customer)
    assert f"Ich schaue nach.\n\nFür das Team: {agent.full_name}, {world.team.name}\n\n" in mail.text
    assert "Für alle" not in mail.text
    assert "Für" not in receipt(world, customer).text
    world.say(customer, ticket, "Danke.")
    world.relay()
    assert "Für das Team" not in mail_to(agent, "ticket.reply_added").text


def test_words_without_a_place_for_it_leave_the_signature_out(
    world: World, customer: Person, agent: Person, ticket: Ticket, time: time_machine.Traveller
) -> None:
    sign("Ihr Team")
    reword(MailKind.REPLY, "[{number}]", "{message}")
    world.say(agent, ticket)
    time.shift(16)
    assert "Ihr Team" not in reply(world, customer).text


def test_a_reply_without_the_rating_still_leads_to_the_request_by_a_button(
    world: World, customer: Person, agent: Person, ticket: Ticket, time: time_machine.Traveller
) -> None:
    world.say(agent, ticket, "Erledigt.", then=Status.RESOLVED)
    time.shift(16)
    reword(MailKind.REPLY, "[{number}]", "{message}\n{link}")
    mail = reply(world, customer)
    assert "Hilfe bewerten" not in mail.text and "/rate/" not in mail.html
    assert "display:inline-block" in mail.html.split("Anfrage ansehen")[0].rsplit("<a", 1)[1]


def test_news_to_somebody_nobody_knows_keep_the_original_words(
    world: World, agent: Person, time: time_machine.Traveller
) -> None:
    stranger = world.customer(verified_at=None, email="wer@fremd.example")
    ticket = world.ticket(stranger, title="Gewinnen Sie jetzt")
    reword(MailKind.PROGRESS, "[{number}] {title}", "Neues zu {title}.")
    move(world, agent, ticket, Status.RESOLVED)
    world.relay()
    mail = mail_to(stranger, "ticket.status_changed")
    assert "Gewinnen" not in mail.everything and "ist gelöst" in mail.text


def test_the_receipt_for_strangers_knows_nothing_they_wrote() -> None:
    letter = LETTERS[MailKind.RECEIVED_NEUTRAL]
    assert not {"title", "name", "requester", "message", "facts"} & {*letter.inline, *letter.blocks}


def test_staff_read_their_own_placeholders(world: World, customer: Person, agent: Person) -> None:
    reword(
        MailKind.ASSIGNED,
        "[{number}] {priority}",
        "{name}: {requester}, {agent}, {team}, {status}, {due}\n{happened}\n{message}",
    )
    ticket = world.ticket(customer)
    world.relay()
    mail = mail_to(agent, "ticket.assigned")
    assert mail.subject == f"[{ticket.number}] Mittel"
    line = f"{agent.full_name}: {customer.full_name}, {agent.full_name}, {world.team.name}, "
    assert f"{line}Neu, 20. November 2026, 18:00" in mail.text or f"{line}In Bearbeitung, 20." in mail.text
    assert "Das Ticket wurde Ihnen automatisch zugewiesen." in mail.text and "Nur leere Seiten." in mail.text


@pytest.mark.parametrize("signed", [True, False])
def test_own_words_cost_one_statement(world: World, signed: bool) -> None:
    reword(MailKind.REPLY, "[{number}]", "{message}", team=world.team.id)
    sign("Ihr Team")
    team = world.team.id
    with counted() as statements:
        found = find(MailKind.REPLY, team, "de", signed=signed)
    assert len(statements) == 1
    assert found.wording is not None and found.signature == ("Ihr Team" if signed else "")
