"""A27: a link that carries its own permission opens one thing, for one person, for its time, and then nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts import tokens
from app.accounts.access import person_for
from app.accounts.actions import people
from app.accounts.actors import SHELL
from app.accounts.words import Need, TokenPurpose
from app.core import links
from app.core.db import db
from app.core.uow import run_unit
from app.settings.schemas import TicketRules
from app.tickets.actions import closing, company, rating, triage
from app.tickets.models import Rating, Ticket
from app.tickets.schemas import StatusMove
from tests.security.sweep.stage import Stage
from tests.security.sweep.state import changed, snapshot
from tests.support.world import Browser, World

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ALL_OF_IT = {"score": "1", "comment": "Fremd"}


@pytest.fixture
def story(world: World) -> Iterator[Any]:
    """A request that was resolved, the link to rate it, and another one beside it."""
    with time_machine.travel(NOW, tick=False) as travel:
        story: Any = world
        story.clock, story.mia, story.anna, story.lea = (
            travel,
            world.customer(),
            world.agent(),
            world.leader(),
        )
        story.shown, story.other = world.ticket(story.mia), world.ticket(world.customer())
        for ticket in (story.shown, story.other):
            move(story, ticket, "resolved")
        story.token = token_for(story.shown)
        yield story


def move(story: Any, ticket: Ticket, status: str) -> None:
    actor = story.actor(story.anna)
    run_unit(lambda: triage.change_status(actor, ticket.id, StatusMove(status=status)))


def token_for(ticket: Ticket) -> str:
    return rating.link_for(ticket).removeprefix("http://localhost/rate/")


def opens(browser: Browser, path: str, data: dict[str, str]) -> list[int]:
    """The answers to looking and to clicking; neither may have changed anything."""
    browser.get("/auth/login")
    before = snapshot()
    answers = [browser.get(path).status_code, browser.post(path, data).status_code]
    assert changed(before) == [], path
    return answers


def test_a27_a_link_works_for_whoever_has_it_and_only_by_a_click(story: Any) -> None:
    browser, path = story.browser(), f"/rate/{story.token}"
    assert browser.get(path).status_code == 200
    assert db.session.get(Rating, story.shown.id) is None
    assert browser.post(path, ALL_OF_IT).status_code == 200
    assert db.session.get_one(Rating, story.shown.id).score == 1
    assert db.session.get(Rating, story.other.id) is None


def parts(token: str) -> list[str]:
    value, expiry, signature = token.split("~")
    return [value, expiry, signature]


SPOILED: dict[str, Callable[[Any], str]] = {
    "without its last letter": lambda s: s.token[:-1],
    "half of the signature": lambda s: s.token[:-16],
    "without signature": lambda s: "~".join([*parts(s.token)[:2], ""]),
    "without its parts": lambda s: parts(s.token)[0],
    "one more part": lambda s: f"{s.token}~",
    "capitals changed": lambda s: "~".join([*parts(s.token)[:2], parts(s.token)[2].swapcase()]),
    "another request": lambda s: "~".join([f"{s.other.id}.{s.mia.id}", *parts(s.token)[1:]]),
    "the request and person of another link": lambda s: "~".join(
        [parts(token_for(s.other))[0], *parts(s.token)[1:]]
    ),
    "a later end": lambda s: "~".join([parts(s.token)[0], "999999999999", parts(s.token)[2]]),
    "an end in other digits": lambda s: "~".join([parts(s.token)[0], "١٢٣", parts(s.token)[2]]),
    "made for something else": lambda s: links.seal(
        "second-factor", f"{s.shown.id}.{s.mia.id}", timedelta(days=1)
    ),
    "a person whose request it is not": lambda s: links.seal(
        rating.PURPOSE, f"{s.other.id}.{s.mia.id}", timedelta(days=1)
    ),
    "a request that is not there": lambda s: links.seal(
        rating.PURPOSE, f"987654321.{s.mia.id}", timedelta(days=1)
    ),
}


@pytest.mark.sqlite_only
@pytest.mark.parametrize("how", SPOILED)
def test_a27_an_altered_link_opens_nothing(story: Any, how: str) -> None:
    assert opens(story.browser(), f"/rate/{SPOILED[how](story)}", ALL_OF_IT) == [404, 404]


def test_a27_a_link_signed_with_a_key_that_is_gone_opens_nothing(story: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("app.core.crypto._key", lambda purpose, secret: f"{purpose}/other".encode())
    assert opens(story.browser(), f"/rate/{story.token}", ALL_OF_IT) == [404, 404]


def test_a27_a_link_ends_with_its_time(story: Any) -> None:
    story.clock.shift(timedelta(days=TicketRules().rating_within_days, seconds=1))
    assert opens(story.browser(), f"/rate/{story.token}", ALL_OF_IT) == [404, 404]


def test_a27_a_new_link_does_not_make_the_time_longer(story: Any) -> None:
    """A mail sent later about the same request carries a link of its own; what counts is when it was resolved."""
    story.clock.shift(timedelta(days=TicketRules().rating_within_days, seconds=1))
    assert opens(story.browser(), f"/rate/{token_for(story.shown)}", ALL_OF_IT) == [200, 409]


def close_account(story: Any) -> None:
    run_unit(lambda: people.deactivate(person_for(SHELL, story.mia.id, Need.MANAGE), actor=SHELL))


def delete(story: Any) -> None:
    actor = story.actor(story.lea)
    run_unit(lambda: closing.delete(actor, story.shown.id))


def give_to_somebody_else(story: Any) -> None:
    other = story.customer().id
    change = sa.update(Ticket).where(Ticket.id == story.shown.id).values(requester_id=other)
    run_unit(lambda: db.session.execute(change))


@pytest.mark.parametrize("loss", [close_account, delete, give_to_somebody_else])
def test_a27_a_link_ends_with_the_right_to_it(story: Any, loss: Callable[[Any], None]) -> None:
    loss(story)
    assert opens(story.browser(), f"/rate/{story.token}", ALL_OF_IT) == [404, 404]


def test_a27_a_link_to_rate_waits_while_the_request_is_open_again(story: Any) -> None:
    move(story, story.shown, "in_progress")
    assert opens(story.browser(), f"/rate/{story.token}", ALL_OF_IT) == [200, 409]
    assert 'action="/rate/' not in story.browser().get(f"/rate/{story.token}").get_data(as_text=True)


# One-time links: registration, change of address, password, welcome

ONE_TIME = {
    TokenPurpose.CONFIRM: "/auth/confirm/",
    TokenPurpose.CHANGE_EMAIL: "/auth/confirm/",
    TokenPurpose.ADD_EMAIL: "/auth/confirm/",
    TokenPurpose.RESET: "/auth/password/reset/",
    TokenPurpose.WELCOME: "/auth/password/reset/",
}
PASSWORD = {"password": "Leuchtturm im Nebel"}


def form_of(purpose: TokenPurpose) -> dict[str, str]:
    return PASSWORD if "reset" in ONE_TIME[purpose] else {}


@pytest.mark.parametrize("purpose", ONE_TIME)
def test_a27_a_one_time_link_ends_with_its_time(story: Any, purpose: TokenPurpose) -> None:
    token = Stage(story).link(purpose)[1]
    story.clock.shift(tokens.LIFETIMES[purpose] + timedelta(seconds=1))
    assert opens(story.browser(), ONE_TIME[purpose] + token, form_of(purpose)) == [410, 410]


@pytest.mark.parametrize("purpose", ONE_TIME)
def test_a27_a_one_time_link_ends_with_the_account(story: Any, purpose: TokenPurpose) -> None:
    row = run_unit(lambda: tokens.issue(story.mia.id, purpose, detail="neu@firma.example"))
    path = (tokens.link_for(row.id) or "").removeprefix("http://localhost")
    assert story.browser().get(path).status_code == 200
    close_account(story)
    assert opens(story.browser(), path, form_of(purpose)) == [410, 410]


@pytest.mark.parametrize("purpose", ONE_TIME)
def test_a27_a_one_time_link_that_was_cut_or_used_opens_nothing(story: Any, purpose: TokenPurpose) -> None:
    token_id, token = Stage(story).link(purpose)
    path = ONE_TIME[purpose]
    for wrong in (token[:-1], token[1:], token.swapcase(), token + "A", str(token_id)):
        assert opens(story.browser(), path + wrong, form_of(purpose)) == [410, 410]
    run_unit(lambda: tokens.claim(token, purpose))
    assert opens(story.browser(), path + token, form_of(purpose)) == [410, 410]


# Addresses of files carry no permission of their own


def test_a27_the_address_of_a_file_opens_nothing_by_itself(story: Any) -> None:
    path = f"/portal/files/{Stage(story).file(story.shown).id}"
    mia = story.browser(story.mia)
    got = mia.get(path)
    assert got.get_data() == b"plain text"
    got.close()
    assert story.browser().get(path).headers["Location"].startswith("/auth/login")
    mia.get("/auth/profile")
    mia.post("/auth/logout")
    assert mia.get(path).headers["Location"].startswith("/auth/login")


def test_a27_the_address_of_a_file_ends_with_the_part_in_its_request(story: Any) -> None:
    karl, lea = story.customer(), story.actor(story.lea)
    run_unit(lambda: company.add_participant(lea, story.shown.id, karl.email))
    stage, entry = Stage(story), story.say(story.mia, story.shown, "Anbei")
    path, browser = f"/portal/files/{stage.file(story.shown, comment=entry).id}", story.browser(karl)
    got = browser.get(path)
    assert got.get_data() == b"plain text"
    got.close()
    run_unit(lambda: company.remove_participant(lea, story.shown.id, karl.id))
    assert browser.get(path).status_code == 404


def test_a27_the_address_of_a_file_ends_when_another_team_has_the_ticket(story: Any) -> None:
    path, browser = f"/tickets/files/{Stage(story).file(story.shown).id}", story.browser(story.anna)
    got = browser.get(path)
    assert got.status_code == 200
    got.close()
    other, lea = story.make_team("Netzwerk", auto_assign=False), story.actor(story.lea)
    run_unit(lambda: triage.change_team(lea, story.shown.id, other.id))
    assert browser.get(path).status_code == 404
