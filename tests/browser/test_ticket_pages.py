"""The agents' pages in a browser: the keys, the writing box, the list that renews itself, and accessibility."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.uow import run_unit
from app.tickets.actions import attending, company, tagging
from app.tickets.models import Comment, Ticket
from app.tickets.words import PresenceMode, Status
from tests.browser.conftest import CHROMIUM
from tests.support.world import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.sqlite_only,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium"),
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def story(world: World) -> World:
    """Anna has three tickets; the first has a conversation with everything in it."""
    world.lea = world.leader(first_name="Lea", last_name="Hoffmann")
    world.anna = world.agent(first_name="Anna", last_name="Berger")
    world.mia = world.customer(first_name="Mia", last_name="Scholz", department="Buchhaltung")
    world.tickets = [
        world.ticket(world.mia, title=title, impact=impact)
        for title, impact in [
            ("VPN bricht ab", "critical"),
            ("Drucker druckt nicht", "high"),
            ("Frage zum Urlaub", "low"),
        ]
    ]
    first = world.tickets[0]
    world.say(world.lea, first, "Nur für uns", is_internal=True)
    world.say(world.lea, first, "Bitte **neu starten**.\n\n- eins\n- zwei")
    last = world.say(world.mia, first, "Hat geholfen.")
    run_unit(lambda: attending.mark_read(world.actor(world.anna), first.id, last.id - 1))
    run_unit(lambda: tagging.change_tags(world.actor(world.lea), first.id, ["vpn"]))
    run_unit(lambda: company.watch(world.actor(world.lea), first.id))
    run_unit(lambda: attending.be_present(world.actor(world.lea), first.id, PresenceMode.WRITING))
    return world


def findings(page: Any) -> list[str]:
    """What axe finds wrong on a page."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    result = axe.run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    return [
        f"{rule['id']}: {node['html'][:160]}"
        for rule in result.response["violations"]
        for node in rule["nodes"]
    ]


def newest(story: World) -> Comment:
    db.session.rollback()
    query = sa.select(Comment).order_by(Comment.id.desc()).limit(1)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


PATHS = (
    *("", "/TICKET", "/TICKET?mode=note", "/TICKET?tab=history", "/TICKET?tab=times", "/TICKET?tab=files"),
    *("/new?who=mia", "/inbox", "/inbox/settings", "/board", "/search?q=vpn", "/filter?view=open"),
)


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (820, "dark"), (390, "light"), (390, "dark")])
def test_nobody_is_shut_out(story, visit, theme, width):
    page = visit(story.lea, width=width, theme=theme)
    found = {}
    for path in PATHS:
        page.goto("/tickets" + path.replace("TICKET", story.tickets[0].number))
        page.wait_for_load_state("networkidle")
        found[path] = findings(page)
        if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
            found[path].append("the page scrolls sideways")
    assert {path: bad for path, bad in found.items() if bad} == {}


def test_the_whole_way_with_the_keys(story, visit):
    page = visit(story.lea)
    page.goto("/tickets")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.locator("tr.cursor").count() == 1
    first = page.locator("tr.cursor .subj a").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url("**/tickets/TICKET-*")
    assert page.locator("h1").inner_text() == first
    assert "1 von 3" in page.locator("[data-neighbours]").inner_text()
    page.keyboard.press("j")
    page.wait_for_function(f"!document.querySelector('h1').textContent.includes('{first}')")
    page.keyboard.press("k")
    page.wait_for_function(f"document.querySelector('h1').textContent.includes('{first}')")
    page.keyboard.press("n")
    page.keyboard.type("Bitte jemand anrufen")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**sent=*")
    assert (newest(story).body, newest(story).is_internal) == ("Bitte jemand anrufen", True)
    page.keyboard.press("r")
    page.keyboard.type("Wir rufen Sie an.")
    sent = newest(story).id
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**sent={sent + 1}**")
    assert (newest(story).body, newest(story).is_internal) == ("Wir rufen Sie an.", False)
    db.session.rollback()
    ticket = db.session.get(Ticket, newest(story).ticket_id, populate_existing=True)
    assert ticket.status is Status.PENDING
    page.locator("h1").click()
    page.keyboard.press("u")
    page.wait_for_url("**/tickets")
    assert page.locator("h1").inner_text().startswith("Alle offenen")


def test_keys_open_escalation_and_a_new_ticket(story, visit):
    page = visit(story.lea)
    page.goto(f"/tickets/{story.tickets[1].number}")
    page.keyboard.press("e")
    assert page.locator("#f-reason").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#f-reason").is_visible()
    page.keyboard.press("c")
    page.wait_for_url("**/tickets/new")


def test_a_reply_over_something_new_stops_with_the_way_to_it_in_focus(story, visit):
    page = visit(story.lea)
    page.goto(f"/tickets/{story.tickets[0].number}")
    story.say(story.mia, story.tickets[0], "Noch etwas: es geht wieder.")
    page.locator("#f-reply").fill("Bitte neu starten")
    page.keyboard.press("Control+Enter")
    page.locator("#guard").wait_for()
    assert "es geht wieder" in page.locator("#guard").inner_text()
    assert page.evaluate("document.activeElement.textContent") == "Anzeigen"
    assert page.locator("#f-reply").input_value() == "Bitte neu starten"
    assert findings(page) == []
    page.get_by_role("button", name="Trotzdem senden").click()
    page.wait_for_url("**sent=*")
    assert newest(story).body == "Bitte neu starten"


def test_a_reply_is_taken_back_with_one_click_and_stands_in_the_box_again(story, visit):
    page = visit(story.lea)
    page.goto(f"/tickets/{story.tickets[0].number}")
    page.locator("#f-reply").fill("Zu früh")
    page.locator(".csend button[type=submit]").first.click()
    page.wait_for_url("**sent=*")
    page.get_by_role("button", name="Zurückholen").last.click()
    page.wait_for_function("document.querySelector('#f-reply').value === 'Zu früh'")
    assert "Zu früh" not in page.locator("#timeline").inner_text()


def test_the_chance_to_take_back_counts_down_and_leaves(story, visit):
    page = visit(story.lea)
    page.clock.install()
    page.goto(f"/tickets/{story.tickets[0].number}")
    page.locator("#f-reply").fill("Gleich weg")
    page.locator(".csend button[type=submit]").first.click()
    page.get_by_text("noch 1", exact=False).first.wait_for()
    page.clock.run_for(20_000)
    assert page.get_by_role("button", name="Zurückholen").count() == 0
    assert page.locator(".msg.waiting").count() == 0


def test_older_entries_come_in_place(story, visit):
    for n in range(34):
        story.say(story.mia, story.tickets[1], f"Eintrag {n:02d}.")
    page = visit(story.lea)
    page.goto(f"/tickets/{story.tickets[1].number}")
    assert page.get_by_text("Eintrag 03.").count() == 0
    page.get_by_role("link", name="Ältere Einträge anzeigen").click()
    page.get_by_text("Eintrag 03.").wait_for()
    assert page.locator("article.msg").count() == 35
    assert page.get_by_role("link", name="Ältere Einträge anzeigen").count() == 0


def test_the_list_renews_itself_and_pushes_nothing_under_the_pointer(story, visit):
    page = visit(story.lea)
    page.clock.install()
    page.goto("/tickets")
    before = page.locator("tbody tr").count()
    page.keyboard.press("j")
    story.ticket(story.mia, title="Ganz frisch", impact="critical")
    page.clock.run_for(16_000)
    fresh = page.locator("#queue-fresh button")
    fresh.wait_for()
    assert fresh.inner_text() == "1 neues Ticket anzeigen"
    assert page.locator("tbody tr").count() == before
    assert page.locator("tr.cursor").count() == 1
    fresh.click()
    assert page.locator("tbody tr").count() == before + 1
    assert page.locator("#queue-fresh").is_hidden()


def test_filters_are_fetched_when_wanted(story, visit):
    page = visit(story.lea)
    page.goto("/tickets?view=open")
    page.locator(".toolbar summary").first.click()
    page.get_by_label("Niedrig").check()
    assert findings(page) == []
    page.get_by_role("button", name="Anwenden").click()
    page.wait_for_url("**priority=low**")
    assert page.locator("tbody tr").count() == 1


def test_somebody_is_found_while_typing(story, visit):
    page = visit(story.lea)
    page.goto("/tickets/new")
    page.locator("#f-title").fill("Schon getippt")
    page.locator("#f-who").press_sequentially("scho")
    page.get_by_role("link", name="Mia Scholz").click()
    page.get_by_role("link", name="Andere Person wählen").wait_for()
    assert page.locator("#f-title").input_value() == "Schon getippt"
    page.locator("#f-description").fill("Beschreibung")
    page.get_by_role("button", name="Ticket öffnen").click()
    page.wait_for_url("**/tickets/TICKET-*")
    assert page.locator("h1").inner_text() == "Schon getippt"


def test_everything_works_without_scripts(story, visit):
    page = visit(story.lea, java_script_enabled=False)
    page.goto("/tickets")
    page.get_by_role("link", name="VPN bricht ab").click()
    page.locator("#f-note").fill("Ohne Skripte")
    page.get_by_role("button", name="Notiz speichern").click()
    assert newest(story).body == "Ohne Skripte"
    page.get_by_text("Status ändern:").locator("xpath=..").click()
    page.get_by_role("button", name="Gelöst").click()
    assert page.get_by_role("button", name="Wieder öffnen").count() == 1
    page.goto("/tickets?view=open")
    page.locator(".toolbar summary").first.click()
    page.get_by_role("link", name="Filter einstellen").click()
    page.get_by_label("Niedrig").check()
    page.get_by_role("button", name="Anwenden").click()
    assert page.locator("tbody tr").count() == 1


def test_two_agents_see_each_other(story, visit):
    number = story.tickets[2].number
    page, other = visit(story.lea), visit(story.anna)
    page.goto(f"/tickets/{number}")
    page.locator("#f-reply").fill("Ich schreibe")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_load_state("networkidle")
    other.goto(f"/tickets/{number}")
    assert "Lea Hoffmann schreibt gerade eine Antwort" in other.locator(".collision").inner_text()


def test_paper_shows_notes_only_when_asked(story, visit):
    page = visit(story.lea)
    page.goto(f"/tickets/{story.tickets[0].number}")
    page.emulate_media(media="print")
    assert not page.locator(".msg.note").is_visible()
    assert not page.locator("#composer").is_visible()
    assert page.locator(".msg.agent-reply").is_visible()
    page.evaluate("document.body.classList.add('print-notes')")
    assert page.locator(".msg.note").is_visible()
