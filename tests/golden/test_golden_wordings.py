"""Mails in words of the house: word for word; and the original, taken as own words, makes the very same mail."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import partial

import pytest
import time_machine

from app.accounts.actors import SHELL
from app.core.language import speaking
from app.core.uow import run_unit
from app.notifications.originals import original
from app.notifications.rewording import save_signature, save_wording
from app.notifications.schemas import NewSignature, NewWording
from app.notifications.words import MailKind
from tests.golden.mail_scenes import SCENES, START, Firm
from tests.support import golden
from tests.support.post import mail_to
from tests.support.world import World

pytestmark = pytest.mark.sqlite_only
KINDS = {kind.value for kind in MailKind}
OTHERS = {"assigned_by_leader": "assigned", "assigned_in_absence": "assigned"}
PREFIXES = ("progress_", "reply_", "deadline_")
WORDS = {
    "de": {
        "received": (
            "[{number}] Angekommen: {title}",
            "Danke, {name}.\n\n**{team}** kümmert sich.\n\n{link}",
        ),
        "reply": (
            "[{number}] {agent} hat geantwortet",
            "{message}\n\n{signature}\n\n- Status: {status}\n- [Anfrage]({link})\n\n{how_to_answer}",
        ),
        "deadline_breached": ("[{number}] {headline}", "Fällig: {due}\nHelpdesk: {site}\n\n{facts}\n{link}"),
    },
    "en": {
        "received": ("[{number}] Here: {title}", "Thank you, {name}.\n\n**{team}** takes care.\n\n{link}"),
        "reply": (
            "[{number}] {agent} has answered",
            "{message}\n\n{signature}\n\n- Status: {status}\n- [Request]({link})\n\n{how_to_answer}",
        ),
        "deadline_breached": ("[{number}] {headline}", "Due: {due}\nHelpdesk: {site}\n\n{facts}\n{link}"),
    },
}
SIGNATURE = "{agent}\n**{team}** · {site}\nTel. {phone}"


@pytest.fixture
def traveller() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as made:
        yield made


def kind_of(scene: str) -> MailKind | None:
    """The mail a scene brings about, None for those about accounts."""
    name = OTHERS.get(scene, scene)
    for prefix in PREFIXES:
        name = prefix[:-1] if name.startswith(prefix) else name
    return MailKind(name) if name in KINDS else None


ABOUT_TICKETS = [scene for scene in SCENES if kind_of(scene) is not None]


def say_otherwise(kind: MailKind, language: str, subject: str, body: str) -> None:
    command = NewWording.model_validate({"language": language, "subject": subject, "body": body})
    run_unit(partial(save_wording, kind, command, actor=SHELL))


def sign(language: str, text: str) -> None:
    command = NewSignature.model_validate({"language": language, "text": text})
    run_unit(partial(save_signature, command, actor=SHELL))


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("name", WORDS["de"])
def test_a_mail_in_own_words_says_what_it_always_said(
    traveller: time_machine.Traveller, world: World, language: str, name: str
) -> None:
    kind = kind_of(name)
    assert kind is not None
    say_otherwise(kind, language, *WORDS[language][name])
    sign(language, SIGNATURE)
    firm = Firm(world, language, traveller)
    reader, happened, *mailbox = SCENES[name](firm)
    world.relay()
    mail = mail_to(reader, happened, *mailbox)
    golden.compare(f"mail/own_{name}.{language}.txt", f"Subject: {mail.subject}\n\n{mail.text}")
    golden.compare(f"mail/own_{name}.{language}.html", mail.html)


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_original_reply_carries_the_signature(
    traveller: time_machine.Traveller, world: World, language: str
) -> None:
    sign(language, SIGNATURE)
    firm = Firm(world, language, traveller)
    reader, happened = SCENES["reply_that_resolves"](firm)
    world.relay()
    mail = mail_to(reader, happened)
    golden.compare(f"mail/signed_reply.{language}.txt", mail.text)
    golden.compare(f"mail/signed_reply.{language}.html", mail.html)


def said(document: str) -> str:
    """What a reader of the HTML reads."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", document)).split())


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("name", ABOUT_TICKETS)
def test_the_original_as_own_words_makes_the_same_mail(
    traveller: time_machine.Traveller, world: World, language: str, name: str
) -> None:
    firm = Firm(world, language, traveller)
    reader, happened, *mailbox = SCENES[name](firm)
    world.relay()
    before = mail_to(reader, happened, *mailbox)
    kind = kind_of(name)
    assert kind is not None
    with speaking(language):
        words = original(kind)
    say_otherwise(kind, language, words.subject, words.body)
    after = mail_to(reader, happened, *mailbox)
    assert (after.subject, after.text) == (before.subject, before.text)
    assert said(after.html) == said(before.html)


def test_every_mail_about_a_ticket_has_a_scene() -> None:
    assert {kind_of(scene) for scene in ABOUT_TICKETS} == set(MailKind)
