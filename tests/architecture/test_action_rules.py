"""Verbs: what changes something is marked, records a fact or says why not, and knows who acts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.accounts.events import TeamCreated
from app.accounts.models import Team
from app.core import clock
from app.core.actor import NOBODY, Actor
from app.core.db import db
from app.core.uow import UnitError, run_unit
from app.events import log
from tests.architecture.source import Module, module, modules
from tests.architecture.verbs import House

FLOORS = frozenset({"core", "events", "integrations"})
DOORS = frozenset({"web", "jobs", "cli"})
SHORTEST_REASON = 20
# Verbs that nobody in person does: the clock's, the shell's, the relay's; and one whose link says who.
WITHOUT_ACTOR = {
    "app.accounts.actions.defaults.*": "flask deploy",
    "app.sla.actions.defaults.*": "flask deploy",
    "app.tickets.actions.defaults.*": "flask deploy",
    "app.accounts.actions.demo.create": "flask demo load",
    "app.accounts.actions.sweeping.*": "the clock",
    "app.notifications.actions.forget_old": "the clock",
    "app.events.sweeping.*": "the clock",
    "app.accounts.actions.rechecking.*": "the clock",
    "app.mailroom.actions.accounts.ensure_environment": "flask deploy, and the clock before it reads mailboxes",
    "app.mailroom.actions.fetching.*": "the reader of mailboxes: where it stands is nobody's deed",
    "app.mailroom.actions.silence.notice": "the clock",
    "app.mailroom.actions.secret_ending.notice": "the clock",
    "app.mailroom.actions.drafting.*": "the sender of mail: a draft is a step on the way out",
    "app.mailroom.actions.hinting.*": "the clock, and Microsoft, which proves itself by the secret of a subscription",
    "app.tickets.actions.sweeping.*": "the clock",
    "app.tickets.actions.clock.*": "the clock",
    "app.tickets.actions.closing.close_if_still_resolved": "the clock",
    "app.tickets.actions.scheduling.send_due": "the clock",
    "app.tickets.actions.scanning.judge": "the virus scanner",
    "app.tickets.actions.tallying.*": "the clock",
    "app.events.deliveries.release_held": "the relay, when a way out is there again",
    "app.events.deliveries.also_tell": "the relay, when one way failed and another is taken",
    "app.webhooks.actions.sweeping.*": "the clock",
    "app.tickets.actions.rating.rate_by_link": "the sealed link stands for the requester",
}
# Functions of rooms that doors may call although they change something without being verbs.
LOOSEABLE = {
    "app.accounts.sign_ins.activity": "makes the statement that touch() runs outside the unit",
    "app.accounts.api_keys.use": "makes the statement that touch() runs outside the unit",
}


def unmarked(house: House) -> Iterator[str]:
    """Public functions in ``actions`` that change something and can be reached without a mark.

    Verbs share such functions, also those of a room above: whoever calls them from ``actions`` is judged itself.
    """
    for verb in house.verbs.values():
        if not (verb.is_in_actions and verb.is_public) or verb.is_marked or not house.writes(verb.name):
            continue
        strangers = {name for name in house.callers(verb.name) if name.split(".")[2:3] != ["actions"]}
        if strangers:
            yield f"{verb.name}, called by {', '.join(sorted(strangers))}"


def past_the_verbs(house: House) -> Iterator[str]:
    """Doors that change something in a room without one of its verbs."""
    for verb in house.verbs.values():
        room = verb.module.package
        if room in FLOORS | DOORS or verb.is_marked or verb.name in LOOSEABLE or not house.writes(verb.name):
            continue
        for caller in house.callers(verb.name):
            if caller.split(".")[1:2] and caller.split(".")[1] in DOORS:
                yield f"{caller} calls {verb.name}"


def without_actor(house: House) -> Iterator[str]:
    """Verbs that do not ask who acts."""
    for verb in house.verbs.values():
        if not verb.is_marked or "actor" in verb.parameters:
            continue
        if verb.name not in WITHOUT_ACTOR and f"{verb.module.name}.*" not in WITHOUT_ACTOR:
            yield verb.name


def without_reason(house: House) -> Iterator[str]:
    """Silent verbs that do not say why."""
    for verb in house.verbs.values():
        if verb.silence is not None and len(verb.silence) < SHORTEST_REASON:
            yield verb.name


@pytest.fixture(scope="module")
def tree() -> House:
    return House(modules())


@pytest.mark.sqlite_only
def test_every_verb_that_changes_something_is_marked(tree: House) -> None:
    assert list(unmarked(tree)) == []


@pytest.mark.sqlite_only
def test_doors_change_things_by_verbs_only(tree: House) -> None:
    assert list(past_the_verbs(tree)) == []


@pytest.mark.sqlite_only
def test_every_verb_knows_who_acts(tree: House) -> None:
    assert list(without_actor(tree)) == []


@pytest.mark.sqlite_only
def test_every_silent_verb_says_why(tree: House) -> None:
    assert list(without_reason(tree)) == []


@pytest.mark.sqlite_only
def test_every_exception_still_exists(tree: House) -> None:
    known = set(tree.verbs) | {f"{verb.module.name}.*" for verb in tree.verbs.values()}
    assert (set(WITHOUT_ACTOR) | set(LOOSEABLE)) - known == set()


@pytest.mark.sqlite_only
def test_the_marks_in_the_source_are_those_of_the_running_house(tree: House, app: Flask) -> None:
    marked = {name for name, verb in tree.verbs.items() if verb.is_marked}
    assert {name for name in log.known_actions() if name.startswith("app.")} - marked == set()
    assert len(marked) > 40


PLANTED_ROOM = """
from app.core.db import db
from app.events.log import action, record

def write(ticket, title):
    ticket.title = title

def rename(ticket, title):
    {line}

@action
def renamed(ticket, title, *, actor):
    write(ticket, title)
    record(actor)
"""
PLANTED_DOOR = "from app.tickets.actions import naming\ndef view(actor):\n    naming.rename(1, 'x')\n"


def planted(line: str, door: str = PLANTED_DOOR) -> House:
    room: Module = module("app.tickets.actions.naming", PLANTED_ROOM.format(line=line))
    return House([room, module("app.web.tickets.planted", door)])


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "line",
    [
        "ticket.title = title",
        "ticket.version += 1",
        "ticket.title, ticket.version = title, 2",
        "db.session.add(ticket)",
        "rows_changed(sa.update(Ticket))",
        "write(ticket, title)",
        "later(partial(write, ticket))",
    ],
)
def test_a_verb_without_its_mark_is_found(line: str) -> None:
    assert list(unmarked(planted(line)))
    assert list(past_the_verbs(planted(line)))


@pytest.mark.sqlite_only
def test_reading_and_calling_marked_verbs_needs_no_mark() -> None:
    assert list(unmarked(planted("return renamed(ticket, title, actor=None)"))) == []
    assert list(unmarked(planted("return ticket.title"))) == []


@pytest.mark.sqlite_only
def test_a_verb_that_does_not_ask_who_acts_is_found() -> None:
    text = "@action\ndef rename(ticket):\n    record(ticket)\n"
    assert list(without_actor(House([module("app.tickets.actions.naming", text)])))


@pytest.mark.sqlite_only
@pytest.mark.parametrize("mark", ["action(silent='')", "action(silent='draft')", "log.action()"])
def test_a_verb_that_is_silent_without_a_reason_is_found(mark: str) -> None:
    text = f"@{mark}\ndef rename(ticket, *, actor):\n    ticket.title = 'x'\n"
    assert list(without_reason(House([module("app.tickets.actions.naming", text)])))


def _make_team() -> Team:
    team = Team(name="Planted", created_at=clock.now())
    db.session.add(team)
    return team


def test_a_verb_that_wrote_and_recorded_nothing_fails(house: Flask) -> None:
    def forgetful(*, actor: Actor) -> None:
        _make_team()

    with pytest.raises(UnitError, match="forgetful"):
        run_unit(lambda: log.action(forgetful)(actor=NOBODY))


def test_a_verb_that_records_and_a_verb_that_says_why_it_does_not_pass(house: Flask) -> None:
    def telling(*, actor: Actor) -> None:
        team = _make_team()
        db.session.flush()
        log.record(TeamCreated(name=team.name), actor=actor, subject=("team", team.id))

    def quiet(*, actor: Actor) -> None:
        db.session.add(Team(name="Quiet", created_at=clock.now()))

    run_unit(lambda: log.action(telling)(actor=NOBODY))
    run_unit(lambda: log.action(silent="a test that tells why")(quiet)(actor=NOBODY))


def test_a_verb_outside_a_unit_fails(house: Flask) -> None:
    with pytest.raises(UnitError):
        log.action(lambda: None)()
