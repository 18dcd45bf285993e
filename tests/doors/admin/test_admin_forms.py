"""Every form of the administration: good, bad, stale, foreign and missing; what was typed stays."""

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
from app.settings import fixed, queries
from app.settings.schemas import MailRules, SignInRules, Site, TicketRules
from app.sla.models import Policy, WorkCalendar
from app.sla.schemas import slot_field
from app.tickets.models import Category
from tests.support.world import Browser, World

WEBHOOK = "https://prod-1.westeurope.logic.azure.com:443/workflows/abc/triggers/manual?sig=hunter2"


@pytest.fixture
def browser(world: World) -> Browser:
    """An administrator's browser that has seen a page."""
    made = world.browser(world.admin())
    made.get("/admin/teams")
    return made


def kinds() -> list[str]:
    """What people did, in order."""
    return list(
        db.session.scalars(sa.select(Event.kind).where(Event.actor_kind == "person").order_by(Event.id))
    )


def fresh(model: Any, number: int) -> Any:
    """A row as it is in the database now."""
    return db.session.get(model, number, populate_existing=True)


def policy_form(**more: Any) -> dict[str, Any]:
    """A policy's form, filled in."""
    calendar = db.session.scalars(sa.select(WorkCalendar.id).where(WorkCalendar.name == "24×7")).one()
    fields: dict[str, Any] = {"name": "Gold", "calendar_id": calendar, "warn_percent": 75}
    for word in ("critical", "high", "medium", "low"):
        fields |= {f"{word}_response": "1:00", f"{word}_resolution": "8:00"}
    return fields | more


def calendar_form(**more: Any) -> dict[str, Any]:
    """A calendar's form, filled in."""
    fields: dict[str, Any] = {
        "name": "Büro",
        "time_zone": "Europe/Berlin",
        "counts": "hours",
        "holiday_state": "",
    }
    for day in range(5):
        fields |= {slot_field(day, 1, "from"): "08:00", slot_field(day, 1, "to"): "17:00"}
    return fields | more


# Teams


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
    ["", "nonsense", "http://prod-1.westeurope.logic.azure.com/x", "https://evil.example/x", "https://127.0.0.1/x",
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


# Organisations


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


# Categories


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


# Policies and calendars


def test_policies_are_made_changed_and_deleted(world: World, browser: Browser) -> None:
    form = policy_form(team_ids=[str(world.team.id)], pauses_for_third_party="true")
    assert browser.post("/admin/sla/policies/new", form).status_code == 303
    number = db.session.scalars(sa.select(Policy.id).where(Policy.name == "Gold")).one()
    page = browser.get(f"/admin/sla/policies/{number}").get_data(as_text=True)
    assert 'value="1:00"' in page and "checked" in page
    change = policy_form(name="Platin", version="1")
    assert browser.post(f"/admin/sla/policies/{number}", change).status_code == 303
    assert fresh(Policy, number).name == "Platin"
    assert browser.post(f"/admin/sla/policies/{number}", change).status_code == 409
    wrong = browser.post(f"/admin/sla/policies/{number}/delete", {"name": "platin", "version": "2"})
    assert wrong.status_code == 422
    assert (
        browser.post(f"/admin/sla/policies/{number}/delete", {"name": "Platin", "version": "2"}).status_code
        == 303
    )
    assert browser.get(f"/admin/sla/policies/{number}").status_code == 404
    assert browser.post(f"/admin/sla/policies/{number}/delete", {"name": "Platin"}).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "Standard"), ("critical_response", "bald"), ("low_resolution", "0:30"),
     ("warn_percent", "100"), ("warn_percent", "9"), ("calendar_id", "999999"), ("calendar_id", ""),
     ("team_ids", "999999")],
)  # fmt: skip
def test_a_bad_policy_comes_back_with_what_was_typed(
    world: World, browser: Browser, field: str, value: str
) -> None:
    answer = browser.post("/admin/sla/policies/new", policy_form(medium_response="2:15") | {field: value})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422 and 'value="2:15"' in text and "error-summary" in text


def test_a_policy_in_use_says_why_it_stays(world: World, browser: Browser) -> None:
    standard = db.session.scalars(sa.select(Policy)).one()
    answer = browser.post(f"/admin/sla/policies/{standard.id}/delete", {"name": "Standard", "version": "1"})
    assert answer.status_code == 409 and "Standardrichtlinie" in answer.get_data(as_text=True)


def test_calendars_are_made_changed_and_deleted(world: World, browser: Browser) -> None:
    assert browser.post("/admin/sla/calendars/new", calendar_form(holiday_state="SN")).status_code == 303
    made = db.session.scalars(sa.select(WorkCalendar).where(WorkCalendar.name == "Büro")).one()
    number = made.id
    assert made.slots == [[day, 480, 1020] for day in range(5)]
    page = browser.get(f"/admin/sla/calendars/{number}").get_data(as_text=True)
    assert 'value="08:00"' in page and "Sachsen" in page
    change = calendar_form(name="Büro 2", version="1")
    assert browser.post(f"/admin/sla/calendars/{number}", change).status_code == 303
    assert browser.post(f"/admin/sla/calendars/{number}", change).status_code == 409
    gone = {"name": "Büro 2", "version": "2"}
    assert browser.post(f"/admin/sla/calendars/{number}/delete", gone).status_code == 303
    assert browser.post(f"/admin/sla/calendars/{number}/delete", gone).status_code == 404


def test_overlapping_hours_are_named_beside_their_line(world: World, browser: Browser) -> None:
    form = calendar_form(**{slot_field(0, 2, "from"): "16:00", slot_field(0, 2, "to"): "18:00"})
    answer = browser.post("/admin/sla/calendars/new", form)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "Montag: 16:00–18:00 überschneidet sich mit 8:00–17:00." in text
    assert 'value="16:00"' in text and f'id="f-{slot_field(0, 2, "from")}"' in text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time_zone", "Mars/Olympus"),
        ("counts", "never"),
        ("holiday_state", "XX"),
        (slot_field(0, 1, "from"), "25:00"),
    ],
)
def test_a_bad_calendar_comes_back(world: World, browser: Browser, field: str, value: str) -> None:
    assert browser.post("/admin/sla/calendars/new", calendar_form(**{field: value})).status_code == 422


@pytest.mark.parametrize("key", ["new", "{calendar}"])
def test_the_example_comes_as_a_part_and_as_a_page(world: World, browser: Browser, key: str) -> None:
    calendar = db.session.scalars(sa.select(WorkCalendar.id).where(WorkCalendar.name != "24×7")).one()
    path = f"/admin/sla/calendars/{key.format(calendar=calendar)}/example"
    part = browser.post(path, calendar_form(), headers={"HX-Request": "true"})
    assert part.status_code == 200 and "<html" not in part.get_data(as_text=True)
    assert "Beispiel: Ticket" in part.get_data(as_text=True)
    whole = browser.post(path, calendar_form(name="Noch nicht gespeichert"))
    text = whole.get_data(as_text=True)
    assert whole.status_code == 200 and "Beispiel: Ticket" in text and "Noch nicht gespeichert" in text
    assert 'value="08:00"' in text
    assert kinds() == []


def test_the_example_says_what_is_wrong_so_far(world: World, browser: Browser) -> None:
    form = calendar_form(**{slot_field(0, 1, "to"): "07:00"})
    part = browser.post("/admin/sla/calendars/new/example", form, headers={"HX-Request": "true"})
    assert part.status_code == 422 and "endet, bevor es beginnt" in part.get_data(as_text=True)
    whole = browser.post("/admin/sla/calendars/new/example", form)
    assert whole.status_code == 422 and "error-summary" in whole.get_data(as_text=True)


@pytest.mark.parametrize("key", ["x", "-1", "999999", "1" * 30])
def test_an_example_for_a_calendar_that_is_not_there(world: World, browser: Browser, key: str) -> None:
    assert browser.post(f"/admin/sla/calendars/{key}/example", calendar_form()).status_code == 404


# Settings


def test_settings_are_saved_and_count_at_once(world: World, browser: Browser) -> None:
    form = {"close_after_days": "3", "reopen_within_days": "14", "rating_within_days": "30", "undo_seconds": "0",
            "correct_within_minutes": "5", "agents_hand_on": "true", "version": "0"}  # fmt: skip
    assert browser.post("/admin/settings/tickets", form).status_code == 303
    rules = queries.get(TicketRules)
    assert (rules.close_after_days, rules.undo_seconds, rules.agents_hand_on) == (3, 0, True)
    assert not rules.agents_see_all_teams
    event = db.session.scalars(sa.select(Event).where(Event.kind == "settings.changed")).one()
    assert sorted(event.payload["fields"]) == ["agents_hand_on", "close_after_days", "undo_seconds"]


def test_an_unticked_box_means_no(world: World, browser: Browser) -> None:
    browser.post("/admin/settings/mail", {"automatic_per_hour": "5", "version": "0"})
    browser.post("/admin/settings/sign-in", {"version": "0"})
    assert not queries.get(MailRules).acknowledge
    assert not queries.get(SignInRules).self_registration


def test_stale_settings_are_not_overwritten(world: World, browser: Browser) -> None:
    browser.post("/admin/settings/mail", {"automatic_per_hour": "7", "version": "0"})
    answer = browser.post("/admin/settings/mail", {"automatic_per_hour": "9", "version": "0"})
    assert answer.status_code == 409 and queries.read(MailRules).automatic_per_hour == 7


@pytest.mark.parametrize(
    ("group", "field", "value"),
    [("tickets", "close_after_days", "0"), ("tickets", "undo_seconds", "x"), ("mail", "automatic_per_hour", "101"),
     ("site", "imprint_url", "javascript:alert(1)"), ("site", "accent", "#ffff00"), ("site", "accent", "red"),
     ("site", "logo_url", "//evil.example/x"), ("site", "title", "x" * 61), ("mail", "unknown", "1")],
)  # fmt: skip
def test_bad_settings_come_back_with_what_was_typed(
    world: World, browser: Browser, group: str, field: str, value: str
) -> None:
    good = {
        "tickets": {"close_after_days": "3", "reopen_within_days": "14", "rating_within_days": "30",
                    "undo_seconds": "1", "correct_within_minutes": "5"},
        "mail": {"automatic_per_hour": "5"},
        "site": {"title": "Helpdesk der Muster AG", "support_phone": "+49 30 1"},
    }[group]  # fmt: skip
    answer = browser.post(f"/admin/settings/{group}", good | {field: value, "version": "0"})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "error-summary" in text
    if field in good or group == "site":
        assert f'value="{value}"' in text
    assert not kinds()


def test_what_the_environment_decides_is_shown_as_fixed_and_wins(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fixed, "_fixed", fixed.read({"SITE_SUPPORT_PHONE": "+49 30 12", "APP_NAME": "Hilfe"}))
    page = browser.get("/admin/settings/site").get_data(as_text=True)
    assert "Durch SITE_SUPPORT_PHONE in der Umgebung festgelegt." in page and 'value="+49 30 12"' in page
    assert page.count("disabled") == 2
    form = {"support_email": "hilfe@firma.example", "support_phone": "+49 89 99", "version": "0"}
    assert browser.post("/admin/settings/site", form).status_code == 303
    site = queries.get(Site)
    assert (site.title, site.support_phone, site.support_email) == (
        "Hilfe",
        "+49 30 12",
        "hilfe@firma.example",
    )
    monkeypatch.setattr(fixed, "_fixed", {})
    queries.forget()
    assert queries.get(Site).support_phone == ""


def test_the_environment_is_checked_like_a_form() -> None:
    with pytest.raises(ValueError, match="TICKETS_CLOSE_AFTER_DAYS"):
        fixed.read({"TICKETS_CLOSE_AFTER_DAYS": "0"})
    assert fixed.read({"MAIL_ACKNOWLEDGE": "no", "SOMETHING": "else"}) == {"mail": {"acknowledge": False}}


# What every form refuses


FORMS = [
    "/admin/teams/new", "/admin/teams/1", "/admin/teams/1/members", "/admin/teams/1/members/1/remove",
    "/admin/teams/1/webhook", "/admin/organisations", "/admin/organisations/1", "/admin/categories/new",
    "/admin/categories/1", "/admin/sla/policies/new", "/admin/sla/policies/1", "/admin/sla/policies/1/delete",
    "/admin/sla/calendars/new", "/admin/sla/calendars/1", "/admin/sla/calendars/1/delete",
    "/admin/sla/calendars/new/example", "/admin/deliveries/1/retry", "/admin/deliveries/1/give-up",
    "/admin/deliveries/all", "/admin/audit/export", "/admin/settings/site", "/admin/settings/tickets",
    "/admin/settings/mail", "/admin/settings/sign-in", "/admin/links/1",
]  # fmt: skip


@pytest.mark.parametrize("path", FORMS)
def test_a_form_needs_the_right_and_a_token(world: World, path: str) -> None:
    for person in (world.customer(), world.agent(), world.leader()):
        browser = world.browser(person)
        browser.get("/auth/profile")
        assert browser.post(path).status_code == 403
    admin = world.browser(world.admin())
    assert admin.client.post(path, data={}).status_code == 400
    stranger = world.browser()
    assert stranger.post(path).status_code == 401
    assert not kinds()
