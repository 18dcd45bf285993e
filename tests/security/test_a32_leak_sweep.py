"""A32: everything a role can be shown, by page, error, fragment, mail or card, searched for what it must not see."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest

from app.accounts.words import Role
from tests.security.sweep import sinks
from tests.security.sweep.answers import told
from tests.security.sweep.asking import deed, send
from tests.security.sweep.canaries import READERS, Canaries
from tests.security.sweep.rights import WHO
from tests.security.sweep.routes import DEEDS, PAGES, QUERIES, Line
from tests.security.sweep.samples import filled, texts
from tests.security.sweep.stage import ADMIN, AGENT, ANON, CUSTOMER, LEADER, ROLES
from tests.security.sweep.things import in_the_form, ways
from tests.support.world import World

pytestmark = pytest.mark.sqlite_only
HREF = re.compile(r'(?:href|src|action|hx-get)="(/[^"#]*)')
FRAGMENT = {"HX-Request": "true"}
OF_ROLE = {
    Role.CUSTOMER: CUSTOMER,
    Role.SUPPORT_AGENT: AGENT,
    Role.TEAM_LEADER: LEADER,
    Role.ADMIN: ADMIN,
}


def look(stage: Canaries, role: str, path: str, **headers: str) -> Any:
    """Open an address and search everything that came back."""
    answer = send(stage.browser(role), "GET", path, headers=headers)
    leaks = stage.leaks(told(answer), role)
    assert leaks == [], f"GET {path} as {role} {headers}: {answer.status}"
    return answer


@pytest.mark.parametrize("line", PAGES, ids=str)
def test_no_page_shows_what_its_reader_must_not_see(world: World, line: Line) -> None:
    stage = Canaries(world)
    for role in ROLES:
        for variant in ways(stage, line, role):
            path = line.path(variant.things)
            look(stage, role, path)
            look(stage, role, path, **FRAGMENT)


@pytest.mark.parametrize("line", DEEDS, ids=str)
def test_no_answer_to_a_deed_shows_what_its_reader_must_not_see(world: World, line: Line) -> None:
    """Whoever may not do it at all asks once; the others with good and bad forms for own and foreign things."""
    stage = Canaries(world)
    for role in (ANON, CUSTOMER, AGENT, ADMIN):
        allowed = role in WHO[line.allow]
        for data in (filled(line.takes), {}) if allowed else ({},):
            for variant in ways(stage, line, role)[0 if allowed else -1 :]:
                browser = stage.browser(role, fresh=allowed and "/auth/" in line.rule)
                answer = deed(browser, line.path(variant.things), data | in_the_form(line, variant))
                assert stage.leaks(told(answer), role) == [], (
                    f"{line} as {role}, {variant.what}: {answer.status}"
                )


@pytest.mark.parametrize("role", ROLES)
def test_nothing_that_can_be_reached_by_links_shows_it(world: World, role: str) -> None:
    stage = Canaries(world)
    stage.own_request(role)
    stage.team_ticket()
    stage.foreign_ticket()
    world.relay()
    seen: set[str] = set()
    waiting = ["/", "/portal", "/tickets", "/people", "/admin", "/auth/profile"]
    while waiting and len(seen) < 250:
        path = waiting.pop(0)
        if path in seen or path.startswith("/static/"):
            continue
        seen.add(path)
        answer = look(stage, role, path)
        if answer.mimetype == "text/html":
            found = HREF.findall(answer.get_data(as_text=True))
            waiting += [link.replace("&amp;", "&") for link in found]
        if "Location" in answer.headers:
            waiting.append(answer.headers["Location"])
    assert len(seen) >= (6 if role == ANON else 10)


@pytest.mark.parametrize("line", QUERIES, ids=str)
def test_nothing_that_can_be_searched_for_shows_it(world: World, line: Line) -> None:
    """A page may repeat the word that was searched for, and nothing of what is around it."""
    stage = Canaries(world)
    for role in (role for role in ROLES if role in WHO[line.allow] and line.takes):
        path = line.path(ways(stage, line, role)[-1].things)
        stage.foreign_ticket()
        for name in texts(line.takes) if line.takes else ():
            for bird in stage.birds.values():
                answer = send(stage.browser(role), "GET", path, query_string={name: bird[:12]})
                assert stage.leaks(told(answer), role) == [], f"{line}?{name}= as {role}"


def test_mails_and_cards_carry_nothing_of_it(world: World) -> None:
    stage = Canaries(world)
    for role in (CUSTOMER, AGENT):
        ticket = stage.own_request(role, impact="critical")
        stage.entry(ticket, body="Wir haben es gefunden.")
        stage.entry(ticket, stage.people[role], body="Danke.")
    stage.foreign_ticket(impact="critical")
    insider = world.agent(teams=[stage.secret_team])
    sent = sinks.mails(world)
    assert {mail.role for mail in sent} >= {Role.CUSTOMER, Role.SUPPORT_AGENT}
    for mail in sent:
        if mail.recipient not in (stage.neighbour.email, insider.email):
            role = OF_ROLE.get(Role(mail.role), ANON) if mail.role else ANON
            assert stage.leaks(mail.text, role) == [], f"mail to {mail.role}: {mail.text[:300]}"
    posted = sinks.cards()
    assert posted
    for card in posted:
        assert stage.leaks(card, CUSTOMER) in ([], ["address of the agent"]), card


def test_the_log_of_the_server_carries_nothing_of_it(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    stage = Canaries(world)
    ticket = stage.own_request(CUSTOMER)
    for path in (f"/portal/tickets/{ticket.number}", "/portal", "/portal/tickets"):
        stage.browser(CUSTOMER).get(path)
    stage.browser(AGENT).get(f"/tickets/{ticket.number}")
    stage.browser(ADMIN).get("/admin/teams")
    world.relay()
    lines = "\n".join(str(record.msg) + record.getMessage() for record in caplog.records)
    assert "request" in lines
    assert stage.seen(lines) == set()


def test_each_canary_is_really_there_to_be_found(world: World) -> None:
    """The sweep says something only if those who may see a thing do see it."""
    stage = Canaries(world)
    ticket = stage.team_ticket()
    stage.file(ticket, data=b"x")
    pages = [
        f"/tickets/{ticket.number}",
        f"/people/{stage.people[AGENT].id}",
        f"/people/{stage.neighbour.id}",
    ]
    blob = "".join(told(send(stage.browser(AGENT), "GET", path)) for path in pages)
    expected = {what for what, roles in READERS.items() if AGENT in roles} - {"file of a note"}
    assert expected - stage.seen(blob) == set()


def test_a_leak_is_found(world: World) -> None:
    stage = Canaries(world)
    assert stage.leaks(f"<p>{stage.birds['note']}</p>", CUSTOMER) == ["note"]
    assert stage.leaks(f"<p>{stage.birds['note']}</p>", AGENT) == []
    assert stage.leaks(stage.birds["title of a foreign ticket"], ADMIN) == ["title of a foreign ticket"]
