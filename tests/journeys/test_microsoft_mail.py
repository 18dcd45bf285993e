"""A mailbox at Microsoft 365, whole: a mail comes in, an agent answers in the browser, the answer is where it belongs.

The same story in all three ways a mailbox can be opened: with every permission, with reading and sending alone, and in
the name of a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
import sqlalchemy as sa
import time_machine

from app.core.db import db
from app.tickets.models import Ticket
from tests.faults import invariants
from tests.support.graph_office import GraphOffice, registered, sending_by_graph
from tests.support.letters import comments, letter
from tests.support.microsoft import microsoft, microsoft_of_this_run
from tests.support.world import World
from tools.simulated_microsoft import Microsoft

__all__ = ["microsoft", "microsoft_of_this_run"]
SUPPORT = "support@musterfirma.example"
START = datetime.now(UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def office_of(way: str, world: World, ms: Microsoft) -> GraphOffice:
    if way == "person":
        ms.grants_delegated |= {"Mail.Read", "Mail.Send"}
        ms.add_person("support", SUPPORT)
        made = GraphOffice(world, ms, SUPPORT, login="graph_user", graph_changes="false")
        made.connect("support", scopes=("Mail.Read", "Mail.Send"))
        return made
    if way == "reading and sending alone":
        ms.grants_application = {"Mail.Read", "Mail.Send"}
        return GraphOffice(world, ms, SUPPORT, graph_changes="false")
    return GraphOffice(world, ms, SUPPORT, afterwards="move", done_folder="Erledigt")


def mails(ms: Microsoft, address: str, folder: str = "inbox") -> list[EmailMessage]:
    found = [message_from_bytes(one.raw, policy=default) for one in ms.mailbox(address).messages(folder)]
    return [one for one in found if isinstance(one, EmailMessage)]


@pytest.mark.parametrize("way", ["every permission", "reading and sending alone", "person"])
def test_a_mail_is_answered_and_the_answer_answered(
    world: World, microsoft: Microsoft, clock: time_machine.Traveller, way: str
) -> None:
    mia = microsoft.people["customer"]
    anna = world.agent(email="anna@firma.example")
    with registered(microsoft, SUPPORT), sending_by_graph():
        office = office_of(way, world, microsoft)
        request = letter(
            "Der Drucker im Lager druckt nicht.",
            sender=f"{mia.name} <{mia.mail}>",
            headers={"Message-ID": "<anfrage@musterfirma.example>", "To": SUPPORT},
        )
        office.deliver(request)
        office.fetch()
        ticket = db.session.scalars(sa.select(Ticket)).one()
        assert ticket.description == "Der Drucker im Lager druckt nicht."

        browser = world.browser(anna)
        browser.get(f"/tickets/{ticket.number}")
        form = {"body": "Ich war dort: Er druckt wieder.", "based_on": "0"}
        assert browser.post(f"/tickets/{ticket.number}/reply", form).status_code == 303
        clock.move_to(START + timedelta(minutes=2))
        world.relay()

        answer = next(
            one for one in mails(microsoft, SUPPORT, "sentitems") if "Er druckt wieder" in body(one)
        )
        assert answer["In-Reply-To"] == "<anfrage@musterfirma.example>"
        assert answer["References"].split()[-1] == "<anfrage@musterfirma.example>"
        arrived = next(one for one in mails(microsoft, mia.mail) if "Er druckt wieder" in body(one))
        assert arrived["Message-ID"] == answer["Message-ID"]

        office.deliver(
            letter("Danke!", sender=f"{mia.name} <{mia.mail}>", headers={"In-Reply-To": answer["Message-ID"]})
        )
        clock.move_to(START + timedelta(minutes=5))
        office.fetch()
        db.session.expire_all()
        assert [one.body for one in comments(ticket)][-1] == "Danke!"
        assert not comments(ticket)[-1].is_unverified
        world.relay()
        invariants.hold(START + timedelta(minutes=5))


def body(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    return str(part.get_content()) if part is not None else ""
