"""Changing the words of mails: what is refused and how, versions, the log, and the way back."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from app.accounts.models import Person
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.language import speaking
from app.events.models import Event
from app.notifications import wording_rules, wordings
from app.notifications.mail_kinds import BLOCKS, INLINE, LETTERS, SIGNATURE, Wording
from app.notifications.originals import original
from app.notifications.own_words import Found
from app.notifications.rewording import remove_signature, restore_wording, save_signature, save_wording
from app.notifications.samples import sample
from app.notifications.schemas import NewSignature, NewWording, WordsOf
from app.notifications.words import MailKind
from tests.support.audience import act
from tests.support.world import World

GOOD: dict[str, Any] = {"subject": "[{number}] {title}", "body": "Hallo {name}\n\n{link}"}


@pytest.fixture
def admin(world: World) -> Actor:
    return world.actor(world.admin())


def wording(**values: Any) -> NewWording:
    return NewWording.model_validate(GOOD | values)


def facts() -> list[tuple[str, dict[str, Any]]]:
    rows = db.session.execute(
        sa.select(Event.kind, Event.payload).where(Event.kind.startswith("notification.")).order_by(Event.id)
    )
    return [(kind, payload) for kind, payload in rows]


@pytest.mark.parametrize("kind", MailKind)
@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.sqlite_only
def test_the_original_words_keep_every_rule(kind: MailKind, language: str) -> None:
    with speaking(language):
        wording_rules.check(kind, original(kind))


@pytest.mark.parametrize("kind", MailKind)
def test_every_placeholder_of_a_mail_is_filled_in_its_preview(world: World, kind: MailKind) -> None:
    letter = LETTERS[kind]
    lines = [*(f"{{{name}}}." for name in letter.inline), *(f"{{{name}}}" for name in letter.blocks)]
    words = Wording("[{number}]", "\n\n".join(lines))
    wording_rules.check(kind, words)
    made = sample(kind, Found(words, "{agent}"), team="IT", language="de", time_zone="Europe/Berlin")
    assert "{" not in made.text + made.html
    assert made.subject == "[TICKET-000042]"


@pytest.mark.sqlite_only
def test_every_placeholder_is_explained() -> None:
    named = {name for letter in LETTERS.values() for name in (*letter.inline, *letter.blocks)}
    assert named == set(INLINE) | set(BLOCKS)
    assert set(SIGNATURE) <= set(INLINE)
    assert set(LETTERS) == set(MailKind)
    assert all(set(letter.required) <= set(letter.blocks) for letter in LETTERS.values())


@pytest.mark.parametrize(
    ("kind", "words", "field", "sentence"),
    [
        (MailKind.RECEIVED, {"body": "{naem}"}, "body", "{naem} gibt es hier nicht. Möglich sind: {number}, {title}"),
        (MailKind.RECEIVED, {"body": "{message}\nx"}, "body", "Den Platzhalter {message}"),
        (MailKind.RECEIVED, {"body": "{due}"}, "body", "Den Platzhalter {due}"),
        (MailKind.RECEIVED_NEUTRAL, {}, "subject", "Den Platzhalter {title}"),
        (MailKind.RECEIVED_NEUTRAL, {"subject": "[{number}]"}, "body", "Den Platzhalter {name}"),
        (MailKind.RECEIVED, {"body": "{{config}} {{7*7}} {% x %} {0}"}, "body", "{config}, {7*7}, {% x %}, {0}"),
        (MailKind.RECEIVED, {"body": " \n "}, "body", "Bitte füllen Sie dieses Feld aus."),
        (MailKind.RECEIVED, {"subject": "{title}"}, "subject", "Der Betreff muss [{number}] enthalten"),
        (MailKind.RECEIVED, {"subject": "{number} {title}"}, "subject", "Der Betreff muss [{number}] enthalten"),
        (MailKind.RECEIVED, {"subject": "[{number}] {link}"}, "subject", "Den Platzhalter {link}"),
        (MailKind.REPLY, {"subject": "[{number}] {message}"}, "subject", "Den Platzhalter {message}"),
        (MailKind.REPLY, {}, "body", "Es fehlt {message}: Die Nachricht"),
        (MailKind.CUSTOMER_REPLY, {}, "body", "Es fehlt {message}"),
        (MailKind.TEAM_REPLY, {}, "body", "Es fehlt {message}"),
        (MailKind.REPLY, {"body": "Hier: {message}"}, "body", "Bitte setzen Sie {message} in eine eigene Zeile."),
        (MailKind.REPLY, {"body": "{message}\n\n{message}"}, "body", "{message} darf nur einmal vorkommen."),
    ],
)  # fmt: skip
def test_words_that_break_a_rule_are_refused_with_a_sentence_that_names_it(
    admin: Actor, kind: MailKind, words: dict[str, str], field: str, sentence: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        act(save_wording, kind, wording(**words), actor=admin)
    assert sentence in " ".join(refusal.value.problems[field])
    assert facts() == []


@pytest.mark.parametrize("text", ["", "{title}", "{message}", "{{7*7}}"])
def test_a_signature_that_breaks_a_rule_is_refused(admin: Actor, text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        act(save_signature, NewSignature(text=text), actor=admin)
    assert list(refusal.value.problems) == ["text"]


def test_words_are_saved_changed_and_taken_back(world: World, admin: Actor) -> None:
    team = world.team.id
    act(save_wording, MailKind.RECEIVED, wording(team=team), actor=admin)
    stored = wordings.stored(MailKind.RECEIVED, team, "de")
    assert (stored.version, stored.wording.body) == (1, GOOD["body"])
    act(save_wording, MailKind.RECEIVED, wording(team=team, body="Neu", version=1), actor=admin)
    act(save_wording, MailKind.RECEIVED, wording(team=team, body="Neu", version=2), actor=admin)
    assert wordings.stored(MailKind.RECEIVED, team, "de").version == 2, "nothing changed the second time"
    (change,) = wordings.changes()[MailKind.RECEIVED]
    assert (change.team_key, change.team, change.language) == (team, world.team.name, "de")
    act(restore_wording, MailKind.RECEIVED, WordsOf(team=team, version=2), actor=admin)
    assert wordings.stored(MailKind.RECEIVED, team, "de").version == 0
    act(restore_wording, MailKind.RECEIVED, WordsOf(team=team), actor=admin)
    where = {"mail": "received", "team_id": team, "language": "de"}
    assert facts() == [
        ("notification.wording_changed", where | {"fields": ["subject", "body"]}),
        ("notification.wording_changed", where | {"fields": ["body"]}),
        ("notification.wording_restored", where),
    ]


def test_signatures_are_saved_changed_and_removed(world: World, admin: Actor) -> None:
    act(save_signature, NewSignature(text="Ihr Team"), actor=admin)
    act(save_signature, NewSignature(text="Ihr **Team**", version=1), actor=admin)
    act(save_signature, NewSignature(text="IT", team=world.team.id), actor=admin)
    act(save_signature, NewSignature(text="Your team", language="en"), actor=admin)
    lines = [(line.team, line.language, line.text) for line in wordings.signatures()]
    assert lines == [("", "de", "Ihr **Team**"), ("", "en", "Your team"), (world.team.name, "de", "IT")]
    assert wordings.signature(0, "de") == ("Ihr **Team**", 2)
    act(remove_signature, WordsOf(version=2), actor=admin)
    act(remove_signature, WordsOf(), actor=admin)
    assert wordings.signature(0, "de") == ("", 0)
    assert [kind.split("_")[-1] for kind, _payload in facts()] == ["changed"] * 4 + ["removed"]
    assert all("Team" not in str(payload) for _kind, payload in facts()), "the log keeps no text"


@pytest.mark.parametrize("version", [0, 2])
def test_a_change_on_an_old_version_is_a_conflict(admin: Actor, version: int) -> None:
    act(save_wording, MailKind.RECEIVED, wording(), actor=admin)
    act(save_signature, NewSignature(text="Ihr Team"), actor=admin)
    old = WordsOf(version=version)
    for verb, given in (
        (save_wording, (MailKind.RECEIVED, wording(body="Anders", version=version))),
        (restore_wording, (MailKind.RECEIVED, old)),
        (save_signature, (NewSignature(text="Anders", version=version),)),
        (remove_signature, (old,)),
    ):
        with pytest.raises(Conflict):
            act(verb, *given, actor=admin)
    assert len(facts()) == 2


def test_a_team_begins_with_the_words_of_all_teams(world: World, admin: Actor) -> None:
    act(save_wording, MailKind.RECEIVED, wording(body="Für alle"), actor=admin)
    begun = wordings.stored(MailKind.RECEIVED, world.team.id, "de")
    assert (begun.wording.body, begun.version) == ("Für alle", 0)


def test_words_for_a_team_that_is_not_there_are_refused(admin: Actor) -> None:
    for verb, given in (
        (save_wording, (MailKind.RECEIVED, wording(team=999_999))),
        (save_signature, (NewSignature(team=999_999, text="x"),)),
    ):
        with pytest.raises(Invalid) as refusal:
            act(verb, *given, actor=admin)
        assert list(refusal.value.problems) == ["team"]


def test_only_administrators_change_words(world: World, leader: Person) -> None:
    actor = world.actor(leader)
    for verb, given in (
        (save_wording, (MailKind.RECEIVED, wording())),
        (restore_wording, (MailKind.RECEIVED, WordsOf())),
        (save_signature, (NewSignature(text="x"),)),
        (remove_signature, (WordsOf(),)),
    ):
        with pytest.raises(Forbidden):
            act(verb, *given, actor=actor)
