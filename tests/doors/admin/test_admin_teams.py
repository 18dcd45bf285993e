"""Forms of teams, organisations and categories: good, bad, stale and missing; what was typed stays."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa

from app.accounts.actions import team_webhooks
from app.accounts.models import Membership, Organisation, Team
from app.accounts.team_webhooks import webhook_of
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Event
from app.tickets.models import Category
from tests.support.world import Browser, World

WEBHOOK = "https://prod-1.westeurope.logic.azure.com:443/workflows/abc/triggers/manual?sig=hunter2"


def kinds() -> list[str]:
    """What people did, in order."""
    return list(
        db.session.scalars(sa.select(Event.kind).where(Event.actor_kind == "person").order_by(Event.id))
    )


def fresh(model: Any, number: Any) -> Any:
    """A row as it is in the database now."""
    return db.session.get(model, number, populate_existing=True)


def test_a_new_team_is_made_and_asks_for_members(world: World, browser: Browser) -> None:
    answer = browser.post("/admin/teams/new", {"name": "Netzwerk", "auto_assign": "true"})
    team = db.session.scalars(sa.select(Team).where(Team.name == "Netzwerk")).one()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/admin/teams/{team.id}")
    assert team.auto_assign and not team.is_confidential
    page = browser.get(f"/admin/teams/{team.id}").get_data(as_text=True)
    assert "„Netzwerk“ wurde gespeichert." in page and "Dieses Team hat keine Mitglieder" in page


@pytest.mark.parametrize("name", ["", " ", "x" * 81, "IT-Service"])
def test_a_team_without_a_good_name_is_refused(world: World, browser: Browser, name: str) -> None:
    answer = browser.post("/admin/teams/new", {"name": name, "is_confidential": "true"})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "error-summary" in text and "Fehler:" in text
    assert re.search(r'name="is_confidential"[^>]* checked', text)


def test_a_double_click_makes_one_team(world: World, browser: Browser) -> None:
    form = {"name": "Netzwerk", "_once": "the-same-key"}
    first, second = browser.post("/admin/teams/new", form), browser.post("/admin/teams/new", form)
    assert first.headers["Location"] == second.headers["Location"]
    assert kinds() == ["team.created"]


def test_a_team_is_changed(world: World, browser: Browser) -> None:
    team = world.make_team("Netzwerk")
    form = {"name": "Netz", "is_active": "true", "version": str(team.version)}
    assert browser.post(f"/admin/teams/{team.id}", form).status_code == 303
    row = fresh(Team, team.id)
    assert (row.name, row.auto_assign, row.is_active) == ("Netz", False, True)


def test_a_stale_team_is_not_overwritten(world: World, browser: Browser) -> None:
    team = world.make_team("Netzwerk")
    form = {"name": "Netz", "is_active": "true", "version": "99"}
    assert browser.post(f"/admin/teams/{team.id}", form).status_code == 409
    assert fresh(Team, team.id).name == "Netzwerk"


def test_the_default_team_cannot_be_switched_off(world: World, browser: Browser) -> None:
    form = {"name": "IT-Service", "version": str(world.team.version)}
    answer = browser.post(f"/admin/teams/{world.team.id}", form)
    assert answer.status_code == 422 and fresh(Team, world.team.id).is_default


def test_members_come_lead_and_go(world: World, browser: Browser) -> None:
    team, agent = world.make_team("Netzwerk"), world.agent()
    browser.post(f"/admin/teams/{team.id}/members", {"person_id": str(agent.id)})
    assert not db.session.get_one(Membership, (team.id, agent.id)).leads
    browser.post(f"/admin/teams/{team.id}/members", {"person_id": str(agent.id), "leads": "true"})
    assert fresh(Membership, (team.id, agent.id)).leads
    browser.post(f"/admin/teams/{team.id}/members/{agent.id}/remove")
    assert fresh(Membership, (team.id, agent.id)) is None
    assert kinds() == ["team.member_added", "team.member_added", "team.member_removed"]


@pytest.mark.parametrize("person", ["", "999999", "x", "99999999999999999999"])
def test_only_colleagues_become_members(world: World, browser: Browser, person: str) -> None:
    answer = browser.post(f"/admin/teams/{world.team.id}/members", {"person_id": person})
    assert answer.status_code == 422


def test_a_customer_becomes_no_member(world: World, browser: Browser) -> None:
    customer = world.customer()
    answer = browser.post(f"/admin/teams/{world.team.id}/members", {"person_id": str(customer.id)})
    assert answer.status_code == 422


@pytest.mark.parametrize("person", [999_999, 99_999_999_999_999_999_999])
def test_somebody_who_is_not_in_the_team_cannot_be_removed(
    world: World, browser: Browser, person: int
) -> None:
    assert browser.post(f"/admin/teams/{world.team.id}/members/{person}/remove").status_code == 404


def test_a_teams_address_is_kept_encrypted_and_shown_masked(world: World, browser: Browser) -> None:
    team = world.team
    assert browser.post(f"/admin/teams/{team.id}/webhook", {"webhook_url": WEBHOOK}).status_code == 303
    row = fresh(Team, team.id)
    assert "hunter2" not in row.teams_webhook and webhook_of(row) == WEBHOOK
    page = browser.get(f"/admin/teams/{team.id}").get_data(as_text=True)
    assert "hunter2" not in page and "https://prod-1.westeurope.logic.azure.com/…" in page
    assert "hunter2" not in str(db.session.scalars(sa.select(Event.payload)).all())
    assert browser.post(f"/admin/teams/{team.id}/webhook", {"forget": "true"}).status_code == 303
    assert fresh(Team, team.id).teams_webhook == ""


@pytest.mark.parametrize(
    "address",
    ["", "nonsense", "http://prod-1.westeurope.logic.azure.com/x", "https://evil.example/x", "https://127.0.0.2/x",
     "https://logic.azure.com.evil.example/x", "https://user@x.logic.azure.com/x", "javascript:alert(1)",
     "https://x.logic.azure.com/\r\nHost: evil", "file:///etc/passwd"],
)  # fmt: skip
def test_cards_go_to_teams_and_nowhere_else(world: World, browser: Browser, address: str) -> None:
    answer = browser.post(f"/admin/teams/{world.team.id}/webhook", {"webhook_url": address})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "evil.example" not in text
    assert fresh(Team, world.team.id).teams_webhook == ""


def test_a_wrong_address_does_not_replace_a_good_one(world: World, browser: Browser) -> None:
    admin = world.actor(world.admin())

    def set_it() -> None:
        team_webhooks.set_webhook(db.session.get_one(Team, world.team.id), WEBHOOK, actor=admin)

    run_unit(set_it)
    browser.post(f"/admin/teams/{world.team.id}/webhook", {"webhook_url": "https://evil.example/"})
    assert webhook_of(fresh(Team, world.team.id)) == WEBHOOK


def test_organisations_are_made_and_renamed(world: World, browser: Browser) -> None:
    assert browser.post("/admin/organisations", {"name": "Muster AG"}).status_code == 303
    made = db.session.scalars(sa.select(Organisation)).one()
    answer = browser.post(
        f"/admin/organisations/{made.id}", {"name": "Muster SE", "version": str(made.version)}
    )
    assert answer.status_code == 303 and fresh(Organisation, made.id).name == "Muster SE"
    stale = browser.post(
        f"/admin/organisations/{made.id}", {"name": "Muster KG", "version": str(made.version + 7)}
    )
    assert stale.status_code == 409


@pytest.mark.parametrize("name", ["", "x" * 121, "Muster AG"])
def test_an_organisation_without_a_good_name_is_refused(world: World, browser: Browser, name: str) -> None:
    world.organisation("Muster AG")
    answer = browser.post("/admin/organisations", {"name": name})
    assert answer.status_code == 422 and "Muster AG" in answer.get_data(as_text=True)


def test_categories_are_made_and_changed(world: World, browser: Browser) -> None:
    form = {"name_de": "Personal", "name_en": "Staff", "team_id": str(world.team.id), "priority": "high",
            "sla_policy_id": "", "is_active": "true"}  # fmt: skip
    assert browser.post("/admin/categories/new", form).status_code == 303
    made = db.session.scalars(sa.select(Category).where(Category.name_de == "Personal")).one()
    change = form | {"name_de": "Personal und Gehalt", "version": "1"}
    assert browser.post(f"/admin/categories/{made.id}", change).status_code == 303
    assert fresh(Category, made.id).name_de == "Personal und Gehalt"
    assert browser.post(f"/admin/categories/{made.id}", change).status_code == 409


@pytest.mark.parametrize(
    ("field", "value"),
    [("name_de", ""), ("name_en", "Other"), ("priority", "urgent"), ("team_id", "999999"), ("sla_policy_id", "x"),
     ("unknown", "x")],
)  # fmt: skip
def test_a_bad_category_comes_back_with_what_was_typed(
    world: World, browser: Browser, field: str, value: str
) -> None:
    form = {"name_de": "Personal", "name_en": "Staff & Co", "is_active": "true"} | {field: value}
    answer = browser.post("/admin/categories/new", form)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="Personal"' in text if field != "name_de" else 'value="Staff &amp; Co"' in text
