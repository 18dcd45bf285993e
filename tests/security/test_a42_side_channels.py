"""A42: what somebody may not read leaves no trace in lists, counts, searches, orders, tags of content or page links."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from tests.security.sweep.asking import send
from tests.security.sweep.rights import WHO
from tests.security.sweep.routes import PAGES, QUERIES, Line
from tests.security.sweep.samples import texts
from tests.security.sweep.stage import ADMIN, AGENT, CUSTOMER, LEADER, Stage
from tests.security.sweep.things import ways
from tests.support.world import World

pytestmark = pytest.mark.sqlite_only
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
# Of these pages the house as a whole is the subject; they are for administrators and name no content.
OF_THE_HOUSE = re.compile(r"^/(admin(/|$)|metrics|health)")
IN_DEVELOPMENT = {"/admin/outbox"}  # shows whole mails, and is not there in production
NEW_EACH_TIME = {"/auth/second-factor/set-up"}
TOKENS = re.compile(r'(?:value|content|nonce)="[^"]*"|[A-Za-z0-9_-]{20,}|\b[0-9a-f]{16}\b')
# Hidden from everybody, and what staff may look up but customers not.
WORDS = ("Geheimnisvogel", "Kündigung", "Personalstelle")
PEOPLE = ("Nachbarin", "customer5@firma.example")


def page(stage: Stage, role: str, path: str, **query: str) -> tuple[int, str, str]:
    """A page as it reads, with its numbers and its tag; tokens differ every time."""
    answer: Any = send(stage.browser(role), "GET", path, query_string=query)
    return answer.status_code, answer.headers.get("ETag", ""), TOKENS.sub("·", answer.get_data(as_text=True))


def hide_something(stage: Stage) -> None:
    """A ticket nobody on the stage may see, with everything a ticket can have."""
    ticket = stage.foreign_ticket(title="Geheimnisvogel um eine Kündigung", impact="critical")
    stage.world.say(stage.neighbour, ticket, "Noch ein Geheimnisvogel")
    stage.file(ticket, name="Kündigung")


def of_people(lines: list[Line]) -> list[Line]:
    """Pages whose content somebody may or may not read."""
    return [line for line in lines if not OF_THE_HOUSE.match(line.rule) and line.rule not in NEW_EACH_TIME]


@pytest.mark.parametrize("line", of_people(PAGES), ids=str)
def test_a_hidden_ticket_changes_no_page(world: World, line: Line) -> None:
    stage = Stage(world)
    roles = [role for role in (CUSTOMER, AGENT, LEADER, ADMIN) if role in WHO[line.allow]]
    with time_machine.travel(NOW, tick=False):
        paths = {role: line.path(ways(stage, line, role)[-1].things) for role in roles}
        world.relay()
        before = {role: page(stage, role, path) for role, path in paths.items()}
        hide_something(stage)
        world.relay()
        for role, path in paths.items():
            after = page(stage, role, path)
            assert after == before[role], f"{line} as {role} has changed"


@pytest.mark.parametrize("rule", ["/portal", "/portal/tickets", "/portal/tickets/<number>", "/portal/new"])
def test_a_note_changes_no_page_of_the_customer(world: World, rule: str) -> None:
    stage = Stage(world)
    with time_machine.travel(NOW, tick=False):
        ticket = stage.own_request(CUSTOMER)
        path = rule.replace("<number>", ticket.number)
        world.relay()
        before = page(stage, CUSTOMER, path)
        note = stage.entry(ticket, body="Ein Geheimnisvogel", is_internal=True)
        stage.file(ticket, comment=note, name="Geheimnisvogel")
        world.relay()
        assert page(stage, CUSTOMER, path) == before


@pytest.mark.parametrize("line", of_people(QUERIES), ids=str)
def test_a_search_for_what_is_hidden_finds_what_nonsense_finds(world: World, line: Line) -> None:
    assert line.takes is not None
    stage = Stage(world)
    with time_machine.travel(NOW, tick=False):
        hide_something(stage)
        for role in (role for role in (CUSTOMER, AGENT, LEADER, ADMIN) if role in WHO[line.allow]):
            path = line.path(ways(stage, line, role)[-1].things)
            for name in texts(line.takes):
                for word in WORDS + (PEOPLE if role == CUSTOMER else ()):
                    strange = "Qzxjkwvbp"[: len(word)].ljust(len(word), "q")
                    hidden, nothing = (page(stage, role, path, **{name: term}) for term in (word, strange))
                    assert hidden[0] == nothing[0]
                    assert _without(hidden[2], word) == _without(nothing[2], strange), (
                        f"{line}?{name}= as {role}"
                    )


def _without(body: str, term: str) -> str:
    escaped = term.encode("ascii", "xmlcharrefreplace").decode()
    from_url = "".join(f"%{byte:02X}" if byte > 127 else chr(byte) for byte in term.encode())
    for spelled in (from_url, escaped, term):
        body = body.replace(spelled, "·")
    return body


def test_pages_of_the_house_name_no_content(world: World) -> None:
    stage = Stage(world)
    hide_something(stage)
    world.relay()
    for line in PAGES:
        if OF_THE_HOUSE.match(line.rule) and not line.parameters and line.rule not in IN_DEVELOPMENT:
            status, _tag, body = page(stage, ADMIN, line.rule)
            assert status < 500
            assert "Geheimnisvogel" not in body, f"{line} names the title of a confidential ticket"


def test_a_page_that_did_change_would_be_noticed(world: World) -> None:
    stage = Stage(world)
    with time_machine.travel(NOW, tick=False):
        before = page(stage, CUSTOMER, "/portal/tickets")
        stage.own_request(CUSTOMER)
        assert page(stage, CUSTOMER, "/portal/tickets") != before
