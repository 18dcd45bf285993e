"""Words of mails and signatures in the administration: editing, preview without scripts, refusals, versions, rights."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.events.models import Event
from app.notifications import wordings
from app.notifications.words import MailKind
from tests.support.world import Browser, World

TEXT = "/admin/mail/texts/reply"
SIGN = "/admin/mail/signatures/edit"
GOOD = {"subject": "[{number}] {title}", "body": "Kurz gesagt:\n\n{message}\n\n{signature}", "version": "0"}
FRAME = re.compile(r'<iframe class="preview-letter" src="([^"]+)"')


def kinds() -> list[str]:
    """What people did, in order."""
    return list(
        db.session.scalars(sa.select(Event.kind).where(Event.actor_kind == "person").order_by(Event.id))
    )


def told(answer: Any) -> str:
    return html.unescape(answer.get_data(as_text=True))


def framed(browser: Browser, answer: Any) -> Any:
    """The document in the frame of a page."""
    found = FRAME.search(answer.get_data(as_text=True))
    assert found is not None
    return browser.get(html.unescape(found[1]))


def test_words_are_changed_for_a_team_and_taken_back(world: World, browser: Browser) -> None:
    team = world.team.id
    form = GOOD | {"team": str(team), "language": "en"}
    saved = browser.post(TEXT, form)
    assert saved.status_code == 303
    assert saved.headers["Location"] == f"{TEXT}?team={team}&language=en"
    page = told(browser.get(saved.headers["Location"]))
    assert "Kurz gesagt:" in page and "Zurück zum Original" in page and "Eigener Text" in page
    assert f"{world.team.name}, Englisch" in told(browser.get("/admin/mail/texts"))
    back = browser.post(f"{TEXT}/restore", {"team": str(team), "language": "en", "version": "1"})
    assert back.status_code == 303
    assert "Kurz gesagt:" not in told(browser.get(saved.headers["Location"]))
    assert kinds() == ["notification.wording_changed", "notification.wording_restored"]
    audit = told(browser.get("/admin/audit?kind=administration"))
    assert "Text einer E-Mail geändert" in audit and "Kurz gesagt" not in audit


def test_the_page_begins_with_the_original_and_shows_it(world: World, browser: Browser) -> None:
    answer = browser.get(f"{TEXT}?language=en")
    page = told(answer)
    assert "[{number}] {title}" in page and "{how_to_answer}" in page and "Nicht geändert" in page
    assert "The printer prints empty pages" in page, "samples speak the language of the mail"
    assert "New message about your request" in told(framed(browser, answer))


def test_the_preview_shows_what_was_typed_without_scripts_and_saves_nothing(
    world: World, browser: Browser
) -> None:
    answer = browser.post(f"{TEXT}/preview", GOOD | {"language": "de"})
    page = told(answer)
    assert answer.status_code == 200 and "Kurz gesagt:\n\n{message}" in page
    assert "[TICKET-000042] Der Drucker druckt leere Seiten" in page
    assert "Kurz gesagt:\n\nJonas Weber:\n\nEin Kabel war lose." in page, "the text twin stands below"
    shown = framed(browser, answer)
    assert "Kurz gesagt:" in told(shown) and "Neue Nachricht zu Ihrer Anfrage" in told(shown)
    assert wordings.stored(MailKind.REPLY, 0, "de").version == 0 and kinds() == []


def test_the_preview_comes_as_a_part_too(world: World, browser: Browser) -> None:
    part = browser.post(f"{TEXT}/preview", GOOD, headers={"HX-Request": "true"})
    assert part.status_code == 200 and "<html" not in told(part) and "Kurz gesagt:" in told(part)
    bad = browser.post(f"{TEXT}/preview", GOOD | {"body": "{x}"}, headers={"HX-Request": "true"})
    assert bad.status_code == 422 and "Den Platzhalter {x}" in told(bad) and "<iframe" not in told(bad)


def test_the_frame_lets_nothing_run_and_nobody_else_in(world: World, browser: Browser) -> None:
    answer = browser.post(f"{TEXT}/preview", GOOD)
    shown = framed(browser, answer)
    policy = shown.headers["Content-Security-Policy"]
    assert (
        "default-src 'none'" in policy and policy.endswith("sandbox") and "frame-ancestors 'self'" in policy
    )
    assert shown.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert '<iframe class="preview-letter"' in told(answer) and " sandbox></iframe>" in told(answer)
    address = html.unescape(FRAME.search(answer.get_data(as_text=True))[1])  # type: ignore[index]
    other = world.browser(world.admin())
    assert other.get(address).status_code == 404, "what somebody types is theirs alone"
    assert browser.get(f"{TEXT}/frame?draft=unknown").status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("body", "", "Bitte füllen Sie dieses Feld aus."),
        ("body", "{message}\n{oops}", "Den Platzhalter {oops} gibt es hier nicht."),
        ("body", "ohne alles", "Es fehlt {message}"),
        ("subject", "", "Der Betreff muss [{number}] enthalten"),
        ("subject", "x" * 201, "Höchstens 200 Zeichen."),
        ("body", "x" * 8001, "Höchstens 8000 Zeichen."),
        ("language", "fr", "Bitte wählen Sie eine der Möglichkeiten aus."),
        ("team", "-1", ""),
        ("team", "999999", ""),
        ("version", "x", ""),
        ("unknown", "1", "Dieses Feld ist hier nicht bekannt."),
    ],
)
def test_bad_words_come_back_with_what_was_typed(
    world: World, browser: Browser, field: str, value: str, sentence: str
) -> None:
    answer = browser.post(TEXT, GOOD | {field: value})
    page = told(answer)
    assert answer.status_code == 422 and "error-summary" in page and sentence in page
    assert "Kurz gesagt:" in page or field == "body"
    assert "Die Vorschau erscheint" in page and kinds() == []


def test_somebody_elses_change_is_not_overwritten(world: World, browser: Browser) -> None:
    assert browser.post(TEXT, GOOD).status_code == 303
    assert browser.post(TEXT, GOOD | {"body": "{message}"}).status_code == 409
    assert browser.post(f"{TEXT}/restore", {"version": "7"}).status_code == 409
    assert browser.post(SIGN, {"text": "Ihr Team", "version": "0"}).status_code == 303
    assert browser.post(SIGN, {"text": "Anders", "version": "0"}).status_code == 409
    assert browser.post("/admin/mail/signatures/remove", {"version": "7"}).status_code == 409


def test_signatures_are_listed_changed_previewed_and_removed(world: World, browser: Browser) -> None:
    assert "Noch keine Signatur" in told(browser.get("/admin/mail/signatures"))
    typed = {"text": "Viele Grüße\n**{team}**", "version": "0", "team": str(world.team.id)}
    preview = browser.post("/admin/mail/signatures/preview", typed)
    assert "Viele Grüße" in told(preview) and f"<strong>{world.team.name}</strong>" in told(
        framed(browser, preview)
    )
    part = browser.post("/admin/mail/signatures/preview", typed, headers={"HX-Request": "true"})
    assert part.status_code == 200 and "<html" not in told(part)
    assert browser.post(SIGN, typed).status_code == 303
    listed = told(browser.get("/admin/mail/signatures"))
    assert world.team.name in listed and "Viele Grüße" in listed
    page = browser.get(f"{SIGN}?team={world.team.id}&language=de")
    assert "Viele Grüße" in told(page) and "Viele Grüße" in told(framed(browser, page))
    gone = {"team": str(world.team.id), "language": "de", "version": "1"}
    assert browser.post("/admin/mail/signatures/remove", gone).status_code == 303
    assert "Noch keine Signatur" in told(browser.get("/admin/mail/signatures"))
    assert kinds() == ["notification.signature_changed", "notification.signature_removed"]


def test_a_signature_that_replies_do_not_show_is_said_to_be_so(world: World, browser: Browser) -> None:
    assert "In Antworten ist sie nicht zu sehen" not in told(browser.get(SIGN))
    assert browser.post(TEXT, GOOD | {"body": "{message}"}).status_code == 303
    page = told(browser.get(SIGN))
    assert "In Antworten ist sie nicht zu sehen" in page and f'href="{TEXT}?team=0&language=de"' in page


@pytest.mark.parametrize("text", ["", "{title}", "x" * 4001])
def test_a_bad_signature_comes_back(world: World, browser: Browser, text: str) -> None:
    for path in (SIGN, "/admin/mail/signatures/preview"):
        answer = browser.post(path, {"text": text, "version": "0"})
        assert answer.status_code == 422 and "error-summary" in told(answer)
    part = browser.post("/admin/mail/signatures/preview", {"text": "{title}"}, headers={"HX-Request": "true"})
    assert part.status_code == 422 and "{title}" in told(part)


def test_a_confidential_team_of_others_can_have_its_words(world: World, browser: Browser) -> None:
    hidden = world.make_team("Betriebsrat", is_confidential=True)
    page = told(browser.get(f"{TEXT}?team={hidden.id}"))
    assert f'<option value="{hidden.id}" selected>Betriebsrat</option>' in page
    assert browser.post(TEXT, GOOD | {"team": str(hidden.id)}).status_code == 303


@pytest.mark.parametrize(
    "path",
    [
        "/admin/mail/texts/welcome",
        "/admin/mail/texts/frame",
        f"{TEXT}?team=999999",
        f"{SIGN}?team=999999",
        "/admin/mail/signatures/frame?draft=x",
    ],
)
def test_what_is_not_there_is_not_found(world: World, browser: Browser, path: str) -> None:
    assert browser.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        TEXT,
        f"{TEXT}/preview",
        f"{TEXT}/restore",
        SIGN,
        "/admin/mail/signatures/preview",
        "/admin/mail/signatures/remove",
    ],
)
def test_a_form_needs_the_right_and_a_token(world: World, path: str) -> None:
    for person in (world.customer(), world.agent(), world.leader()):
        browser = world.browser(person)
        browser.get("/auth/profile")
        assert browser.post(path).status_code == 403
    assert world.browser(world.admin()).client.post(path, data={}).status_code == 400
    assert world.browser().post(path).status_code == 401
    assert kinds() == []
