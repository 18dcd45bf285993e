"""A24: files that could act are saved and never opened in place; A25, A26: nobody gets or takes the files of others."""

from __future__ import annotations

import io
import secrets
from typing import Any

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.uow import run_unit
from app.tickets.actions import closing
from app.tickets.models import Attachment, Ticket
from app.tickets.words import AttachmentState
from tests.browser.conftest import CHROMIUM, chromium, live, visit

__all__ = ["chromium", "live", "visit"]
pytestmark = pytest.mark.sqlite_only
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63"
    "f8cfc0f01f00050001ff89993d1d0000000049454e44ae426082"
)
HTML = b"<html><script>window.__xss=1;alert(1)</script></html>"
ACTIVE = {
    "bild.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>',
    "seite.html": HTML,
    "daten.xml": b'<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="data:,x"?><x/>',
    "archiv.mht": b"MIME-Version: 1.0\nContent-Type: multipart/related\n\n" + HTML,
    "skript.pdf": b"%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>endobj",
    "zwitter.png": PNG[:8] + HTML,
    "bild.jpg": HTML,
    "bild.gif": b"GIF89a/*" + HTML + b"*/=1;",
    "angehaengt.png": PNG + HTML,
}


def upload(browser, ticket, data, name, side="reply") -> Attachment:
    browser.get(f"/tickets/{ticket.number}")
    sent = {"body": "Anbei", "files": (io.BytesIO(data), name, "text/html")}
    assert browser.post(f"/tickets/{ticket.number}/{side}", sent).status_code == 303
    return newest()


def newest() -> Attachment:
    db.session.rollback()
    return db.session.scalars(sa.select(Attachment).order_by(Attachment.id.desc()).limit(1)).one()


@pytest.mark.parametrize("name", ACTIVE)
def test_a24_active_content_is_never_a_page(world, name):
    desk, ticket = world.browser(world.agent()), world.ticket(world.customer())
    file = upload(desk, ticket, ACTIVE[name], name)
    answer = desk.get(f"/tickets/files/{file.id}")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    inline = answer.headers["Content-Disposition"].startswith("inline")
    assert inline is (name == "angehaengt.png")  # a real picture with something behind it stays a picture
    assert (
        answer.mimetype in ("image/png",) if inline else answer.mimetype not in ("text/html", "image/svg+xml")
    )
    answer.close()


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium")
def test_a24_nothing_runs_when_a_file_is_opened(world, visit):
    anna = world.agent()
    desk, ticket = world.browser(anna), world.ticket(world.customer())
    ids = [upload(desk, ticket, data, name).id for name, data in ACTIVE.items()]
    page = visit(anna)
    for file_id in ids:
        try:
            page.goto(f"/tickets/files/{file_id}")
        except Exception as error:  # Playwright calls a download a failed navigation
            assert "Download is starting" in str(error)
        assert page.evaluate("window.__xss") is None
    assert "a dialog opened" not in page.complaints
    page.complaints.clear()  # the browser says that it let nothing run


@pytest.fixture
def files(world) -> dict[str, Any]:
    """One file of each kind on a ticket of customer A and team 1, every one with the canary inside."""
    world.canary = secrets.token_hex(8).encode()
    world.agent_1, world.agent_2 = world.agent(), world.agent(teams=[world.make_team("Zwei")])
    world.cust_a, world.cust_b = world.customer(), world.customer()
    portal = world.browser(world.cust_a)
    portal.get("/portal/new")
    sent = {"title": "Mit Datei", "description": "Siehe Anhang", "impact": "low"}
    portal.post("/portal/new", sent | {"files": (io.BytesIO(world.canary + b" eins"), "eins.txt")})
    made: dict[str, Any] = {"request": newest()}
    world.shown = db.session.get_one(Ticket, made["request"].ticket_id)
    desk = world.browser(world.agent_1)
    made["note"] = upload(desk, world.shown, world.canary + b" zwei", "zwei.txt", "note")
    made["held back"] = upload(desk, world.shown, world.canary + b" drei", "drei.txt", "note")
    mark = sa.update(Attachment).where(Attachment.id == made["held back"].id)
    run_unit(lambda: db.session.execute(mark.values(state=AttachmentState.INFECTED)))
    gone = world.ticket(world.cust_a)
    made["deleted"] = upload(desk, gone, world.canary + b" vier", "vier.txt")
    leader = world.actor(world.leader())
    run_unit(lambda: closing.delete(leader, gone.id))
    portal.get("/portal/new")
    portal.post("/portal/new", {"title": "", "files": (io.BytesIO(world.canary + b" fuenf"), "fuenf.txt")})
    made["loose"] = newest()
    return made


WAYS: list[dict[str, Any]] = [
    {"method": "GET"},
    {"method": "HEAD"},
    {"method": "GET", "headers": {"Range": "bytes=0-3"}},
    {"method": "GET", "headers": {"If-None-Match": "*"}},
]


@pytest.mark.parametrize("door", ["/tickets/files", "/portal/files"])
@pytest.mark.parametrize("who", ["anon", "cust_b", "agent_2", "cust_a", "agent_1"])
def test_a25_foreign_files_are_as_missing_ones(world, files, who, door):
    person = None if who == "anon" else getattr(world, who)
    browser = world.browser(person)
    mine = {"cust_a": {"request", "loose"}, "agent_1": {"request", "note"}}.get(who, set())
    for kind, file in files.items():
        if kind in mine or (kind == "held back" and who == "agent_1"):
            continue
        for way in WAYS:
            foreign = browser.client.open(f"{door}/{file.id}", **way)
            missing = browser.client.open(f"{door}/987654321", **way)
            assert foreign.status_code == missing.status_code, (kind, way)
            assert foreign.status_code in (303, 401, 403, 404)
            assert world.canary not in foreign.get_data()
            assert file.sha256 not in str(foreign.headers)


def test_a25_those_who_may_get_the_bytes(world, files):
    desk = world.browser(world.agent_1)
    for kind in ("request", "note"):
        answer = desk.get(f"/tickets/files/{files[kind].id}")
        assert world.canary in answer.get_data()
        answer.close()
    own = world.browser(world.cust_a).get(f"/portal/files/{files['request'].id}")
    assert world.canary in own.get_data()
    own.close()
    held = desk.get(f"/tickets/files/{files['held back'].id}")
    assert held.status_code == 403
    assert world.canary not in held.get_data()


@pytest.mark.parametrize("kind", ["request", "note", "loose", "deleted"])
def test_a26_files_of_others_cannot_be_claimed(world, files, kind):
    file_id, where = files[kind].id, files[kind].ticket_id
    thief = world.browser(world.cust_b)
    own = world.ticket(world.cust_b)
    thief.get(f"/portal/tickets/{own.number}")
    answer = thief.post(f"/portal/tickets/{own.number}/reply", {"body": "Meins", "attachment_ids": file_id})
    assert answer.status_code == 422
    assert thief.get(f"/portal/files/{file_id}").status_code == 404
    desk = world.browser(world.agent_2)
    desk.get("/tickets/new")
    new = {"title": "x", "description": "y", "requester_id": world.cust_b.id, "attachment_ids": file_id}
    assert desk.post("/tickets/new", new).status_code == 422
    assert desk.get(f"/tickets/files/{file_id}").status_code == 404
    db.session.rollback()
    assert db.session.get(Attachment, file_id, populate_existing=True).ticket_id == where
