"""Every page of the administration: opens for administrators, for nobody else, in both languages, within its budget."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.sla.models import Policy, WorkCalendar
from app.tickets.models import Category
from tests.support.api_keys import key_for
from tests.support.hooks import hook
from tests.support.mail_forms import made
from tests.support.statements import counted
from tests.support.world import World

PAGES = {
    "/admin/health": 14,
    "/admin/teams": 5,
    "/admin/teams/new": 2,
    "/admin/teams/{team}": 5,
    "/admin/organisations": 3,
    "/admin/categories": 3,
    "/admin/categories/new": 4,
    "/admin/categories/{category}": 5,
    "/admin/sla": 5,
    "/admin/sla/policies/new": 5,
    "/admin/sla/policies/{policy}": 7,
    "/admin/sla/policies/{policy}/delete": 4,
    "/admin/sla/calendars/new": 2,
    "/admin/sla/calendars/{calendar}": 4,
    "/admin/sla/calendars/{calendar}/delete": 4,
    "/admin/deliveries": 6,
    "/admin/deliveries?state=dead": 6,
    "/admin/audit": 4,
    "/admin/settings/site": 4,
    "/admin/settings/tickets": 4,
    "/admin/settings/mail": 4,
    "/admin/settings/cards": 4,
    "/admin/settings/sign-in": 4,
    "/admin/mail": 5,
    "/admin/mail/new": 5,
    "/admin/mail/{mailbox}": 7,
    "/admin/mail/{mailbox}/edit": 6,
    "/admin/mail/{mailbox}/remove": 4,
    "/admin/mail/blocked": 3,
    "/admin/mail/muted": 3,
    "/admin/quarantine": 4,
    "/admin/quarantine?shelf=ignored": 4,
    "/admin/quarantine?shelf=spam": 4,
    "/admin/mail/texts": 4,
    "/admin/mail/texts/reply": 6,
    "/admin/mail/texts/reply?team={team}&language=en": 7,
    "/admin/mail/texts/reply/frame": 4,
    "/admin/mail/signatures": 4,
    "/admin/mail/signatures/edit": 6,
    "/admin/mail/signatures/frame": 4,
    "/admin/links": 3,
    "/admin/outbox": 4,
    "/admin/webhooks": 3,
    "/admin/webhooks/new": 4,
    "/admin/webhooks/{webhook}": 4,
    "/admin/webhooks/{webhook}/edit": 5,
    "/admin/webhooks/{webhook}/remove": 3,
    "/admin/api-keys": 4,
    "/admin/api-keys/new": 4,
    "/admin/api-keys/{key}/revoke": 5,
}


def address(page: str, world: World) -> str:
    """The page of some thing that is there."""
    return page.format(
        team=world.team.id,
        category=db.session.scalars(sa.select(sa.func.min(Category.id))).one(),
        policy=db.session.scalars(sa.select(sa.func.min(Policy.id))).one(),
        calendar=db.session.scalars(sa.select(sa.func.min(WorkCalendar.id))).one(),
        mailbox=made() if "{mailbox}" in page else "",
        webhook=hook(None, url="https://127.0.0.1/")[0].id if "{webhook}" in page else "",
        key=key_for(world.agent())[0] if "{key}" in page else "",
    )


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_for_administrators(world: World, page: str) -> None:
    browser = world.browser(world.admin())
    path = address(page, world)
    browser.get(path)
    with counted() as statements:
        answer = browser.get(path)
    assert answer.status_code == 200
    text = answer.get_data(as_text=True)
    assert text.count("<h1") == 1 and '<html lang="de"' in text
    assert len(statements) <= PAGES[page], "\n".join(statements)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_speaks_english_too(world: World, page: str) -> None:
    answer = world.browser(world.admin(language="en")).get(address(page, world))
    assert answer.status_code == 200
    assert '<html lang="en"' in answer.get_data(as_text=True)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_closed_to_everybody_else(world: World, page: str) -> None:
    path = address(page, world)
    for person in (world.customer(), world.agent(), world.leader()):
        assert world.browser(person).get(path).status_code == 403
    stranger = world.browser().get(path)
    assert stranger.status_code == 303 and "/auth/login" in stranger.headers["Location"]


def test_the_administration_begins_with_the_health_page(world: World) -> None:
    answer = world.browser(world.admin()).get("/admin")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/health")


def test_health_comes_as_a_part_too(world: World) -> None:
    answer = world.browser(world.admin()).get("/admin/health", headers={"HX-Request": "true"})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200 and "<html" not in text and "checks" in text


@pytest.mark.parametrize(
    "path",
    ["/admin/teams/999999", "/admin/organisations/999999", "/admin/categories/999999", "/admin/sla/policies/999999",
     "/admin/sla/calendars/999999", "/admin/mail/999999", "/admin/teams/99999999999999999999",
     "/admin/settings/nothing", "/admin/x"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(world: World, path: str) -> None:
    assert world.browser(world.admin()).get(path).status_code == 404
