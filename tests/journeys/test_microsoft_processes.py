"""A firm with Microsoft 365, whole: a mail becomes a ticket, the answer lies in Sent, the card is in Teams.

Web server and worker are processes of their own that know Microsoft by their environment alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import sqlalchemy as sa
from flask import Flask

from app.core.db import db
from app.tickets.models import Ticket
from tests.support.accounts import PASSWORD, give_password
from tests.support.microsoft import microsoft, microsoft_of_this_run
from tests.support.relaying import wipe
from tests.support.running import Web, Worker, until
from tests.support.world import World
from tools.simulated_microsoft import Microsoft

__all__ = ["microsoft", "microsoft_of_this_run"]
pytestmark = pytest.mark.sqlite_only
LONG = 90.0  # seconds a loaded machine may take to start a worker and do a little work
SUPPORT = "support@musterfirma.example"
MAIL = """\
From: Carla Kunde <carla.kunde@musterfirma.example>
To: support@musterfirma.example
Subject: Serverausfall im Lager
Message-ID: <frage-1@musterfirma.example>
Content-Type: text/plain; charset=utf-8

Nichts geht mehr.
"""


@pytest.fixture
def folder(house: Flask, tmp_path: Path) -> Iterator[Path]:
    """A data folder for the processes; what they wrote is gone afterwards."""
    yield tmp_path
    wipe()


def told(ms: Microsoft) -> dict[str, str]:
    """What the processes are told of this Microsoft."""
    return {
        "MICROSOFT_TENANT_ID": ms.tenant_id,
        "MICROSOFT_CLIENT_ID": ms.client_id,
        "MICROSOFT_CLIENT_SECRET": ms.client_secret,
        "MICROSOFT_AUTHORITY": ms.base_url,
        "MICROSOFT_CA_FILE": ms.ca_file,
        "MICROSOFT_MAILBOXES": SUPPORT,
        "GRAPH_BASE_URL": ms.graph_url,
        "TEAMS_WEBHOOK_URL": ms.teams_url(),
        "OUTBOUND_ALLOW": urlsplit(ms.base_url).netloc,
        "DEFAULT_FROM_EMAIL": SUPPORT,
        "TICKETS_UNDO_SECONDS": "0",
        "SCHEDULE_RELAY": "1s",
        "SCHEDULE_MAIL_FETCH": "2s",
        "SCHEDULE_MAIL_DELTA": "1s",
    }


def bring(ms: Microsoft, raw: str) -> None:
    """Put a mail into the simulated mailbox, by its door for other processes."""
    address = f"{ms.pages_url}/_simulator/mailboxes/{SUPPORT}"
    assert requests.post(address, data=raw.encode(), timeout=10).status_code == 201


def sent_to(ms: Microsoft, address: str, text: str) -> list[EmailMessage]:
    """Mails with these words that lie in the Sent folder, as they went out."""
    found = []
    for one in ms.mailbox(SUPPORT).messages("sentitems"):
        mail: Any = message_from_bytes(one.raw, policy=policy.default)
        body = mail.get_body(("plain",))
        if address in str(mail["To"]) and body is not None and text in body.get_content():
            found.append(mail)
    return found


def the_ticket() -> Ticket | None:
    db.session.rollback()
    return db.session.scalars(sa.select(Ticket)).one_or_none()


def answer(web: Web, email: str, ticket: Ticket, body: str) -> None:
    """Answer on the agents' page."""
    browser = web.visitor()
    browser.sign_in(email, PASSWORD)
    assert browser.get(f"/tickets/{ticket.number}").status_code == 200
    sent = browser.post(f"/tickets/{ticket.number}/reply", body=body)
    assert sent.status_code in (200, 303), sent.text


def test_a_mail_becomes_a_ticket_is_answered_from_sent_and_told_in_teams(
    world: World, microsoft: Microsoft, database_url: str, folder: Path
) -> None:
    expert = give_password(world.agent(support_level=3))
    around = told(microsoft)
    bring(microsoft, MAIL)
    with Worker(database_url, folder, **around) as worker, Web(database_url, folder, **around) as web:
        until(lambda: the_ticket() is not None, LONG, "the mail is a ticket")
        ticket = the_ticket()
        assert ticket is not None
        assert (ticket.title, ticket.assignee_id) == ("Serverausfall im Lager", expert.id)
        until(lambda: microsoft.cards, LONG, "the card is there")
        answer(web, expert.email, ticket, "Ein Kabel war lose.")
        until(lambda: sent_to(microsoft, "carla.kunde@", "Ein Kabel war lose."), LONG, "the answer is sent")
        worker.stop()
    (reply,) = sent_to(microsoft, "carla.kunde@", "Ein Kabel war lose.")
    assert reply["In-Reply-To"] == "<frage-1@musterfirma.example>"
    assert "<frage-1@musterfirma.example>" in reply["References"]
    assert SUPPORT in reply["From"] and ticket.number in reply["Subject"]
    (card,) = microsoft.cards
    assert f"Neues kritisches Ticket: {ticket.number}" in card.texts
    assert card.card["actions"][0]["url"] == f"http://localhost/tickets/{ticket.number}"
