"""The settings: saved, stale, bad, fixed by the environment; and what every form of the administration refuses."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.events.models import Event
from app.settings import fixed, queries
from app.settings.schemas import MailRules, SignInRules, Site, TicketRules
from tests.support.world import Browser, World


def kinds() -> list[str]:
    """What people did, in order."""
    return list(
        db.session.scalars(sa.select(Event.kind).where(Event.actor_kind == "person").order_by(Event.id))
    )


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
