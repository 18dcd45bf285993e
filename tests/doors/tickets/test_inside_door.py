"""Looking into attached messages at the agents' door."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.uow import run_unit
from app.tickets.actions import closing, replying
from app.tickets.models import Attachment
from app.tickets.words import AttachmentState
from tests.support import outlook
from tests.support.letters import bring, letter, tickets
from tests.support.statements import counted

HTML = b"<html><script>window.__xss=1</script></html>"
INNER = letter(
    "Der <b>innere</b> Text",
    sender="Petra Lieferant <petra@lieferant.example>",
    subject="Innen & drin",
    files=[
        ("seite.html", HTML),
        ("\u202eliste.csv", b"a;b\n1;2\n"),
        ("weiter.eml", letter(subject="Tiefer")),
    ],
)


@pytest.fixture
def story(world):
    """A request by mail with a message of each kind, and a file of another."""
    world.anna, world.lea = world.agent(), world.leader()
    files = [
        ("Angebot.msg", outlook.sample()),
        ("innen.eml", INNER),
        ("kaputt.msg", b"\xd0\xcf\x11\xe0kaputt"),
        ("a.txt", b"x"),
    ]
    bring(world.app, letter(files=files))
    world.shown = tickets()[0]
    world.base = f"/tickets/{world.shown.number}"
    world.desk = world.browser(world.anna)
    world.ids = {file.filename: file.id for file in db.session.scalars(sa.select(Attachment))}
    return world


def read(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 200, answer.status
    return answer.get_data(as_text=True)


def inside(story, name, number=""):
    return f"/tickets/files/{story.ids[name]}/inside" + (f"/{number}" if number else "")


def mark(state):
    run_unit(lambda: db.session.execute(sa.update(Attachment).values(state=state)))


def test_the_ticket_offers_a_look_into_messages_only(story):
    for path in (story.base, f"{story.base}?tab=files"):
        page = read(story.desk, path)
        assert page.count("Hineinsehen") == 3
        for name in ("Angebot.msg", "innen.eml", "kaputt.msg"):
            assert f'href="{inside(story, name)}"' in page
        assert inside(story, "a.txt") not in page
    mark(AttachmentState.PENDING)
    assert "Hineinsehen" not in read(story.desk, story.base)


def test_requesters_are_offered_none(story):
    mia = story.person(email="sie@kunde.example")
    run_unit(lambda: setattr(db.session.merge(tickets()[0]), "requester_id", mia.id))
    page = read(story.browser(mia), f"/portal/tickets/{story.shown.number}")
    assert "Angebot.msg" in page
    assert "inside" not in page


def test_an_outlook_message_is_read(story):
    page = read(story.desk, inside(story, "Angebot.msg"))
    for words in (
        "Angebot für Geräte",
        "Petra Lieferant",
        "petra@lieferant.example",
        "anna@firma.example",
        "3 €",
    ):
        assert words in page
    assert "19. November 2026, 9:30" in page
    assert f'href="{inside(story, "Angebot.msg", 1)}"' in page
    assert "Ihre Anfrage" in page
    assert "Nachricht in der Nachricht" in page
    assert f'href="{story.base}#e0"' in page


def test_an_attached_mail_is_read_as_text(story):
    page = read(story.desk, inside(story, "innen.eml"))
    assert "Der &lt;b&gt;innere&lt;/b&gt; Text" in page
    assert "Innen &amp; drin" in page
    assert "weiter.eml" in page
    assert "\u202e" not in page


@pytest.mark.parametrize(
    ("number", "name", "kind"), [(1, "seite.html", "text/plain"), (2, "liste.csv", "text/csv")]
)
def test_a24_its_files_are_saved_and_never_shown(story, number, name, kind):
    answer = story.desk.get(inside(story, "innen.eml", number))
    assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="{name}"')
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.mimetype == kind
    answer.close()


def test_heads_and_parts_of_its_files_are_answered(story):
    path = inside(story, "Angebot.msg", 1)
    head = story.desk.client.head(path)
    assert (head.status_code, head.content_length, head.get_data()) == (200, 9, b"")
    head.close()
    part = story.desk.get(path, headers={"Range": "bytes=5-8"})
    assert (part.status_code, part.get_data()) == (206, b"Euro")
    part.close()
    known = story.desk.get(path, headers={"If-None-Match": part.headers["ETag"]})
    assert known.status_code == 304
    known.close()
    assert story.desk.get(path, headers={"Range": "bytes=99-"}).status_code == 416


def test_a_damaged_one_says_so_and_can_be_saved(story):
    page = read(story.desk, inside(story, "kaputt.msg"))
    assert "In diese Datei lässt sich nicht hineinsehen." in page
    assert "kaputt und nicht lesbar" in page or "Grund:" in page
    assert f'href="/tickets/files/{story.ids["kaputt.msg"]}"' in page
    assert story.desk.get(inside(story, "kaputt.msg", 1)).status_code == 404


def test_what_is_not_there_is_not_found(story):
    assert story.desk.get(inside(story, "a.txt")).status_code == 404
    assert story.desk.get(inside(story, "a.txt", 1)).status_code == 404
    for number in ("4", "0", "-1", "x", "99999999999999999999"):
        assert story.desk.get(inside(story, "innen.eml", number)).status_code == 404
    assert story.desk.get("/tickets/files/987654/inside").status_code == 404


def test_a25_it_is_for_those_who_see_the_entry(story):
    stranger, customer = (
        story.browser(story.agent(teams=[story.make_team("Zwei")])),
        story.browser(story.customer()),
    )
    for path in (inside(story, "innen.eml"), inside(story, "innen.eml", 1)):
        assert stranger.get(path).status_code == 404
        assert stranger.client.head(path).status_code == 404
        assert customer.get(path).status_code == 403
        assert story.browser().get(path).status_code == 303


@pytest.mark.parametrize(
    ("state", "status"), [(AttachmentState.PENDING, 409), (AttachmentState.INFECTED, 403)]
)
def test_a30_what_is_not_found_clean_is_not_looked_into(story, state, status):
    mark(state)
    for person in (story.anna, story.admin()):
        browser = story.browser(person)
        for path in (inside(story, "innen.eml"), inside(story, "innen.eml", 1)):
            assert browser.get(path).status_code == status


def test_files_of_removed_words_and_deleted_tickets_are_gone(story):
    entry = story.say(story.anna, tickets()[0])
    run_unit(lambda: db.session.execute(sa.update(Attachment).values(comment_id=entry.id)))
    assert story.desk.get(inside(story, "innen.eml")).status_code == 200
    run_unit(lambda: replying.redact(story.actor(story.lea), story.shown.id, entry.id))
    assert story.desk.get(inside(story, "innen.eml")).status_code == 404
    run_unit(lambda: db.session.execute(sa.update(Attachment).values(comment_id=None)))
    run_unit(lambda: closing.delete(story.actor(story.lea), story.shown.id))
    assert story.desk.get(inside(story, "innen.eml")).status_code == 404


def test_it_costs_few_statements(story):
    for path, budget in ((inside(story, "innen.eml"), 7), (inside(story, "innen.eml", 1), 5)):
        story.desk.get(path).close()
        with counted() as statements:
            story.desk.get(path).close()
        assert len(statements) <= budget, "\n".join(statements)
