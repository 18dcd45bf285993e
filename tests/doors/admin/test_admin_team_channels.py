"""A team's channel in Teams on its page: what it is told of, trying it, its troubles, switching it on again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from app.accounts.models import Team
from app.accounts.team_webhooks import kinds_of
from app.core import clock, crypto, rates
from app.core.db import db
from app.notifications import card_channels
from app.notifications.card_channels import Channel
from tests.support.audience import act, put
from tests.support.http_sink import Answer, HttpSink
from tests.support.post import servers
from tests.support.statements import counted
from tests.support.world import Browser, World


@pytest.fixture
def teams(world: World) -> Iterator[HttpSink]:
    with HttpSink() as sink, servers(teams=sink, webhook=""):
        put(world.team, teams_webhook=crypto.encrypt(sink.url("/own?sig=geheim")))
        yield sink


def fresh(world: World) -> Team:
    return db.session.get_one(Team, world.team.id, populate_existing=True)


def text(answer: Any) -> str:
    assert answer.status_code in (200, 422), answer.status_code
    return str(answer.get_data(as_text=True))


def ticked(page: str) -> list[str]:
    return re.findall(r'name="kinds" value="(\w+)" checked', page)


def test_a_new_team_is_told_of_everything_but_the_morning(world: World, browser: Browser) -> None:
    page = text(browser.get(f"/admin/teams/{world.team.id}"))
    assert ticked(page) == ["critical", "assignment", "escalation", "warning", "breach", "nobody_free"]
    assert "Ohne Adresse geht von diesem Team nichts nach Teams." in page


def test_what_the_channel_is_told_of_is_chosen(world: World, browser: Browser) -> None:
    path = f"/admin/teams/{world.team.id}"
    answer = browser.post(f"{path}/cards", {"kinds": ["daily", "critical"]})
    assert answer.headers["Location"].endswith(f"{path}#teams")
    assert [kind.value for kind in kinds_of(fresh(world))] == ["critical", "daily"]
    assert ticked(text(browser.get(path))) == ["critical", "daily"]
    browser.post(f"{path}/cards", {})
    assert kinds_of(fresh(world)) == []


def test_a_kind_nobody_knows_is_answered_beside_the_field(world: World, browser: Browser) -> None:
    answer = browser.post(f"/admin/teams/{world.team.id}/cards", {"kinds": ["critical", "telepathy"]})
    page = text(answer)
    assert answer.status_code == 422 and 'id="f-kinds-error"' in page
    assert ticked(page) == ["critical"]


def test_a_trial_is_sent_and_told(world: World, browser: Browser, teams: HttpSink) -> None:
    page = text(browser.post(f"/admin/teams/{world.team.id}/webhook/test"))
    assert "Teams hat die Karte angenommen" in page and len(teams.requests) == 1
    teams.always = Answer(401, b"sig=geheim is wrong")
    page = text(browser.post(f"/admin/teams/{world.team.id}/webhook/test"))
    assert (
        "Die Gegenseite hat die Nachricht nicht angenommen." in page
        or "Der Workflow ist ausgeschaltet" in page
    )
    assert "geheim" not in page and "401" in page


def test_trials_are_limited(world: World, browser: Browser, teams: HttpSink, monkeypatch: Any) -> None:

    limiter = rates.Limiter("")
    monkeypatch.setattr("app.web.kit.webhooks.rates.hit", limiter.hit)
    codes = [browser.post(f"/admin/teams/{world.team.id}/webhook/test").status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]


def test_a_channel_in_trouble_says_so_and_one_that_is_off_is_switched_on_by_one_click(
    world: World, browser: Browser, teams: HttpSink
) -> None:
    path = f"/admin/teams/{world.team.id}"
    channel = Channel(f"team:{world.team.id}", teams.url("/own?sig=geheim"))
    with clock.pretending(clock.now() - timedelta(days=4)):
        act(card_channels.failed, channel, "refused")
    page = text(browser.get(path))
    assert "Gestört" in page and "Nach drei Tagen" in page
    act(card_channels.failed, channel, "refused")
    page = text(browser.get(path))
    assert "Dieser Kanal bekommt keine Karten" in page and "Wieder einschalten" in page
    assert browser.post(f"{path}/webhook/on").status_code == 303
    page = text(browser.get(path))
    assert "Der Kanal bekommt wieder Karten." in page and "Noch keine Karte gesendet" in page


def test_the_channel_of_the_house_is_shown_as_such_and_not_for_confidential_teams(
    world: World, browser: Browser
) -> None:
    with HttpSink() as sink, servers(teams=sink):
        path = f"/admin/teams/{world.team.id}"
        page = text(browser.get(path))
        assert "Kanal des ganzen Hauses" in page and "Adresse entfernen" not in page
        put(world.team, is_confidential=True)
        page = text(browser.get(path))
        assert "Kanal des ganzen Hauses" not in page and "vertrauliches Team ohne eigene Adresse" in page


def test_an_address_no_key_opens_is_a_trouble_and_no_error(
    world: World, browser: Browser, teams: HttpSink
) -> None:
    put(world.team, teams_webhook="not encrypted by any key")
    page = text(browser.get(f"/admin/teams/{world.team.id}"))
    assert "lässt sich mit den jetzigen Schlüsseln nicht lesen" in page
    assert "noch einmal ein" in text(browser.post(f"/admin/teams/{world.team.id}/webhook/test"))


def test_the_page_needs_few_statements(world: World, browser: Browser, teams: HttpSink) -> None:
    path = f"/admin/teams/{world.team.id}"
    browser.get(path)
    with counted() as statements:
        browser.get(path)
    assert len(statements) <= 8, "\n".join(statements)
