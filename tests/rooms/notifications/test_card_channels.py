"""F24: channels that take no cards: each with its own queue, three days of patience, then off with an alarm."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from app.accounts.models import Person
from app.core import crypto
from app.core.db import db
from app.core.errors import Forbidden
from app.events.words import DeliveryState
from app.notifications import switching
from app.notifications.card_trials import try_out, view_of
from app.notifications.models import CardChannel
from tests.support.audience import act, event, put, told
from tests.support.http_sink import Answer, HttpSink
from tests.support.post import mail_to, servers
from tests.support.toys import deliveries
from tests.support.world import World

S = DeliveryState
DAYS = timedelta(days=3, hours=2)
KIND = "notification.channel_off"


@pytest.fixture
def teams(world: World) -> Iterator[HttpSink]:
    """The team's own channel; the house has none."""
    with HttpSink() as sink, servers(teams=sink, webhook=""):
        put(world.team, teams_webhook=crypto.encrypt(sink.url("/own?sig=geheim")))
        yield sink


def row(key: str) -> CardChannel | None:
    db.session.rollback()
    return db.session.get(CardChannel, key, populate_existing=True)


def days_of_failing(world: World, customer: Person, time: time_machine.Traveller) -> None:
    """One card a day, and the relay every twenty minutes or so."""
    for _day in range(4):
        world.ticket(customer, title="Serverausfall")
        for _ in range(24):
            world.relay()
            time.shift(timedelta(hours=1))


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (Answer(429), "busy"),
        (Answer(500), "failing"),
        (Answer(302, headers={"Location": "https://boese.example/"}), "redirected"),
        (Answer(413), "refused"),
        (Answer(404), "refused"),
        (Answer(200, b"Webhook message delivery failed with error: HTTP error 403"), "refused"),
        (Answer(hang_up=True), "timeout"),
    ],
)
def test_three_days_of_failing_switch_a_channel_off_and_tell_those_who_can_mend_it(
    world: World, customer: Person, agent: Person, leader: Person, teams: HttpSink,
    time: time_machine.Traveller, answer: Answer, trouble: str,
) -> None:  # fmt: skip
    admin = world.admin()
    teams.always = answer
    days_of_failing(world, customer, time)
    known = row(f"team:{world.team.id}")
    assert known is not None and known.off_at is not None and known.trouble == trouble
    assert DAYS > known.off_at - (known.failing_since or known.off_at) >= timedelta(days=3)
    assert set(told(KIND, "email")) == {admin.id, leader.id}
    mail = mail_to(leader, KIND)
    assert "IT-Service" in mail.subject and "Drei Tage" in mail.text
    assert "geheim" not in mail.everything and "geheim" not in str(event(KIND).payload)
    asked = len(teams.requests)
    world.ticket(customer, title="Serverausfall")
    world.relay()
    time.shift(timedelta(hours=2))
    world.relay()
    assert len(teams.requests) == asked
    assert not [one for one in deliveries("teams") if one.state in (S.WAITING, S.SENDING)]


def test_one_success_begins_the_three_days_anew(
    world: World, customer: Person, agent: Person, teams: HttpSink, time: time_machine.Traveller
) -> None:
    teams.always = Answer(404)
    world.ticket(customer, title="Serverausfall")
    world.relay()
    time.shift(timedelta(days=2))
    teams.always = Answer()
    world.ticket(customer, title="Serverausfall")
    world.relay()
    known = row(f"team:{world.team.id}")
    assert known is not None and known.failing_since is None and known.accepted_at is not None
    teams.always = Answer(404)
    time.shift(timedelta(days=2))
    world.ticket(customer, title="Serverausfall")
    world.relay()
    known = row(f"team:{world.team.id}")
    assert known is not None and known.off_at is None and known.failing_since is not None


def test_a_channel_is_switched_on_again_by_those_who_set_up_teams(
    world: World,
    customer: Person,
    agent: Person,
    leader: Person,
    teams: HttpSink,
    time: time_machine.Traveller,
) -> None:
    key = f"team:{world.team.id}"
    teams.always = Answer(404)
    days_of_failing(world, customer, time)
    with pytest.raises(Forbidden):
        act(switching.switch_on, key, actor=world.actor(leader))
    act(switching.switch_on, key, actor=world.actor(world.admin()))
    assert event("notification.channel_on").subject_id == world.team.id
    teams.always = Answer()
    asked = len(teams.requests)
    world.ticket(customer, title="Serverausfall")
    world.relay()
    assert len(teams.requests) == asked + 1


def test_another_address_knows_nothing_of_the_old_ones_troubles(
    world: World, customer: Person, agent: Person, teams: HttpSink, time: time_machine.Traveller
) -> None:
    teams.always = Answer(404)
    days_of_failing(world, customer, time)
    put(world.team, teams_webhook=crypto.encrypt(teams.url("/new")))
    view = view_of(f"team:{world.team.id}")
    assert view is not None and view.standing.off_at is None and view.wrong == ""
    teams.always = Answer()
    world.ticket(customer, title="Serverausfall")
    world.relay()
    assert teams.requests[-1].path == "/new"


def test_a_dead_channel_is_asked_less_and_less_and_delays_no_other(
    world: World, customer: Person, agent: Person, teams: HttpSink, time: time_machine.Traveller
) -> None:
    with HttpSink() as dead, servers(teams=teams, webhook=""):
        dead.always = Answer(503)
        put(world.team, teams_webhook=crypto.encrypt("http://127.0.0.1:1/dead"), card_kinds="critical")
        other = world.make_team("Netz", teams_webhook=crypto.encrypt(teams.url("/netz")), auto_assign=False)
        for _ in range(6):
            world.ticket(customer, title="Serverausfall")
            put(world.ticket(customer, title="Serverausfall"), team_id=other.id)
            world.relay()
            time.shift(timedelta(minutes=10))
    assert [request.path for request in teams.requests] == ["/netz"] * 6


def test_a_card_too_large_says_nothing_about_the_channel(
    world: World, customer: Person, agent: Person, teams: HttpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.integrations.teams.LIMIT_BYTES", 10)
    world.ticket(customer, title="Serverausfall")
    world.relay()
    assert deliveries("teams")[0].error.startswith("too_large")
    known = row(f"team:{world.team.id}")
    assert known is None or known.failing_since is None


def test_a_trial_says_what_went_wrong_in_plain_words(world: World, teams: HttpSink) -> None:
    target = f"team:{world.team.id}"
    assert try_out(target).is_fine
    card = json.loads(teams.requests[-1].body)["attachments"][0]["content"]
    assert card["body"][0]["text"] == "Test des Helpdesks" and "actions" in card
    teams.always = Answer(404, b"The workflow sig=geheim is gone")
    trial = try_out(target)
    assert not trial.is_fine and "Workflow" in trial.mend and "404" in trial.raw
    assert "geheim" not in trial.raw
    put(world.team, teams_webhook="")
    assert try_out(target).wrong == "Es ist keine Adresse in Teams eingerichtet."
