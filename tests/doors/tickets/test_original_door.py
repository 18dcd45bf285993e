"""Mails as they came at the agents' door: who sees them, how they are framed, and at what cost."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from app.accounts.queries import find_by_email
from app.core.db import db
from app.core.uow import run_unit
from app.mailroom.models import RawMail
from app.mailroom.parsing import child
from app.tickets.actions import closing, replying
from app.tickets.models import Attachment, Comment
from app.tickets.words import AttachmentState, Channel
from app.web.tickets import reading
from tests.support.html_letters import PNG, html_letter
from tests.support.letters import bring, comments, kept, key_for, letter, tickets
from tests.support.statements import counted

HTML = (
    '<p style="color:red">Guten Tag</p><img src="cid:logo@firma" alt="Logo">'
    '<img src="https://track.example/p.gif" alt="fern"><a href="https://gut.example/">Link</a><script>x</script>'
)


@pytest.fixture
def story(world):
    """A request by mail with a picture in its HTML, and an answer to it by mail without."""
    world.anna, world.lea = world.agent(first_name="Anna"), world.leader(first_name="Lea")
    bring(
        world.app,
        html_letter(HTML, pictures={"logo@firma": PNG}, headers={"Cc": "Chef <chef@kunde.example>"}),
    )
    world.shown = tickets()[0]
    world.mia = find_by_email("mia@kunde.example")
    reply = letter("Noch etwas <b>\n\n> altes", headers={"In-Reply-To": key_for(world.shown, world.mia)})
    bring(world.app, reply)
    world.entry_id = comments(world.shown)[0].id
    world.first, world.second = (raw.id for raw in kept())
    world.base = f"/tickets/{world.shown.number}"
    world.desk = world.browser(world.anna)
    return world


def read(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 200, answer.status
    return answer.get_data(as_text=True)


def status(browser, path):
    answer = browser.get(path)
    answer.close()
    return answer.status_code


def frame(story, raw_id, query=""):
    return read(story.desk, f"/tickets/mail/{raw_id}/original{query}")


def mark(state):
    run_unit(lambda: db.session.execute(sa.update(Attachment).values(state=state)))


def test_the_ticket_leads_to_the_mail_behind_each_entry(story):
    page = read(story.desk, story.base)
    links = re.findall(r'href="(/tickets/[^"]*/original)"', page)
    assert links == [f"{story.base}/original", f"{story.base}/entries/{story.entry_id}/original"]
    assert page.count("Original ansehen") == 2
    for link, raw_id in zip(links, (story.first, story.second), strict=True):
        answer = story.desk.get(link)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/tickets/mail/{raw_id}")


def test_what_was_no_mail_has_no_link(story):
    ticket = story.ticket(story.customer())
    story.say(story.anna, ticket)
    taken_down = story.ticket(story.customer(), channel=Channel.EMAIL)
    for one in (ticket, taken_down):
        assert "/original" not in read(story.desk, f"/tickets/{one.number}") or one is taken_down
    answer = story.desk.get(f"/tickets/{ticket.number}/original")
    assert answer.status_code == 404
    assert "Das Original liegt nicht vor." in answer.get_data(as_text=True)


def test_the_page_says_who_wrote_and_frames_the_rest(story):
    page = read(story.desk, f"/tickets/mail/{story.first}")
    assert "Mia Muster" in page
    assert "chef@kunde.example" in page
    assert "Mit Bild" in page
    assert "Guten Tag" not in page
    assert f'href="/tickets/mail/{story.first}/raw"' in page
    assert f'href="{story.base}#e0"' in page
    (found,) = re.findall(r"<iframe [^>]*>", page)
    assert f'src="/tickets/mail/{story.first}/original"' in found
    assert 'sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"' in found
    assert f'href="{story.base}#e{story.entry_id}"' in read(story.desk, f"/tickets/mail/{story.second}")


def test_the_frame_shows_the_mail_with_its_own_pictures_only(story):
    picture = db.session.scalars(sa.select(Attachment.id).where(Attachment.is_picture)).one()
    html = frame(story, story.first)
    assert '<p style="color:red">Guten Tag</p>' in html
    assert f'<img src="/tickets/files/{picture}" alt="Logo"><img alt="fern">' in html
    assert "track.example" not in html
    assert "script" not in html
    assert '<a href="https://gut.example/" target="_blank" rel="noopener noreferrer">' in html


def test_the_frame_can_do_nothing(story):
    answer = story.desk.get(f"/tickets/mail/{story.first}/original")
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert policy == [
        "default-src 'none'",
        "img-src 'self'",
        "style-src 'unsafe-inline'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
        "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox",
    ]
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_pictures_from_the_internet_come_after_a_click(story):
    page = read(story.desk, f"/tickets/mail/{story.first}")
    assert "Bilder aus dem Internet wurden nicht geladen." in page
    (link,) = re.findall(r'<a [^>]*href="([^"]*)"[^>]*>Bilder laden</a>', page)
    page = read(story.desk, link)
    assert "nicht geladen" not in page
    (source,) = re.findall(r'<iframe [^>]*src="([^"]*)"', page)
    answer = story.desk.get(source)
    assert '<img src="https://track.example/p.gif" alt="fern">' in answer.get_data(as_text=True)
    assert "; img-src 'self' https: http:; " in answer.headers["Content-Security-Policy"]
    assert "nicht geladen" not in read(story.desk, f"/tickets/mail/{story.second}")
    assert story.desk.get(f"/tickets/mail/{story.first}?pictures=perhaps").status_code == 422


def test_a_mail_without_html_is_shown_as_it_was_typed(story):
    assert "<pre>Noch etwas &lt;b&gt;\n\n&gt; altes" in frame(story, story.second)


def test_the_mail_comes_as_a_file_with_heads_and_parts(story):
    path = f"/tickets/mail/{story.second}/raw"
    whole = story.desk.get(path)
    data = whole.get_data()
    whole.close()
    assert data.startswith(b"From: Mia Muster")
    assert whole.mimetype == "message/rfc822"
    assert whole.headers["Content-Disposition"].startswith(f'attachment; filename="{story.shown.number}-')
    assert whole.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    part = story.desk.get(path, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.get_data()) == (206, b"From")
    part.close()
    for other in (path, f"/tickets/mail/{story.first}/original"):
        head = story.desk.client.head(other)
        assert (head.status_code, head.get_data()) == (200, b"")
        head.close()


PATHS = ("/tickets/mail/{raw}", "/tickets/mail/{raw}/original", "/tickets/mail/{raw}/raw")
LEADING = ("{base}/original", "{base}/entries/{entry}/original")


def paths(story, raw_id):
    given = {"raw": raw_id, "base": story.base, "entry": story.entry_id}
    return [path.format(**given) for path in (*PATHS, *LEADING)]


def test_a25_nobody_else_sees_it_or_learns_that_it_exists(story):
    stranger = story.browser(story.agent(teams=[story.make_team("Zwei")]))
    for raw_id in (story.first, story.second, story.second + 1):
        for path in paths(story, raw_id):
            assert status(stranger, path) == 404, path
            assert stranger.client.head(path).status_code == 404
    for path in paths(story, story.first):
        assert status(story.browser(story.mia), path) == 403
        assert status(story.browser(), path) == 303


@pytest.mark.parametrize("wrong", ["0", "-1", "abc", "99999999999999999999"])
def test_what_is_no_mail_is_not_found(story, wrong):
    for path in PATHS:
        assert status(story.desk, path.format(raw=wrong)) == 404


@pytest.mark.parametrize(
    ("state", "refusal"), [(AttachmentState.PENDING, 409), (AttachmentState.INFECTED, 403)]
)
def test_a30_a_mail_is_as_dangerous_as_its_files(story, state, refusal):
    mark(state)
    for path in PATHS:
        assert status(story.desk, path.format(raw=story.first)) == refusal
        assert status(story.desk, path.format(raw=story.second)) == 200
    if state is AttachmentState.INFECTED:
        page = read(story.browser(story.admin()), f"/tickets/mail/{story.first}/original")
        assert "/tickets/files/" not in page


def test_pictures_that_are_none_are_not_shown(story):
    run_unit(lambda: db.session.execute(sa.update(Attachment).values(is_picture=False)))
    assert "/tickets/files/" not in frame(story, story.first)


def test_what_was_removed_is_not_seen_in_the_mail_either(story):
    run_unit(lambda: replying.redact(story.actor(story.lea), story.shown.id, story.entry_id))
    for path in (*PATHS, LEADING[1]):
        given = {"raw": story.second, "base": story.base, "entry": story.entry_id}
        answer = story.desk.get(path.format(**given))
        assert answer.status_code == 404
    assert f"entries/{story.entry_id}/original" not in read(story.desk, story.base)
    run_unit(lambda: closing.delete(story.actor(story.lea), story.shown.id))
    assert [status(story.desk, path) for path in paths(story, story.first)] == [404] * 5


def test_a_note_that_came_by_mail_has_its_link_too(story):
    run_unit(lambda: db.session.execute(sa.update(Comment).values(is_internal=True)))
    assert f"entries/{story.entry_id}/original" in read(story.desk, story.base)


def test_the_mail_behind_no_entry_is_for_administrators(story):
    bring(story.app, b"From: p@x.example\r\nX-A: " + b"a" * 70_000 + b"\r\n\r\nText")
    raw_id = kept()[-1].id
    for path in PATHS:
        assert story.desk.get(path.format(raw=raw_id)).status_code == 404
    admin = story.browser(story.admin())
    page = read(admin, f"/tickets/mail/{raw_id}")
    assert "Diese E-Mail lässt sich nicht anzeigen." in page
    assert "Grund: eine Zeile im Kopf der E-Mail ist zu lang." in page
    assert "<iframe" not in page
    assert f'href="/tickets/mail/{raw_id}/raw"' in page
    assert "eine Zeile im Kopf" in read(admin, f"/tickets/mail/{raw_id}/original")


def test_html_that_cannot_be_cleaned_in_time_is_shown_as_text(story, monkeypatch):
    monkeypatch.setattr(reading, "CPU_SECONDS", 1)
    slow = "Wort " + "".join(f"<font color={number}>" for number in range(60_000))
    bring(story.app, html_letter(slow, "Nur Text"))
    assert "<pre>Nur Text" in frame(story, kept()[-1].id)
    child.close_idle()


def test_bytes_that_are_lost_are_not_found(story):
    story.app.extensions["storage"].remove(db.session.get_one(RawMail, story.first).sha256)
    for path in PATHS:
        assert status(story.desk, path.format(raw=story.first)) == 404


def test_they_cost_few_statements(story):
    budgets = {"": 10, "/original": 7, "/raw": 7}
    for path, budget in budgets.items():
        story.desk.get(f"/tickets/mail/{story.first}{path}").close()
        with counted() as statements:
            story.desk.get(f"/tickets/mail/{story.first}{path}").close()
        assert len(statements) <= budget, "\n".join(statements)


def test_it_speaks_english_to_those_who_read_english(story):
    reader = story.browser(story.agent(language="en"))
    assert "Show original" in read(reader, story.base)
    assert "Pictures from the internet were not loaded." in read(reader, f"/tickets/mail/{story.first}")
