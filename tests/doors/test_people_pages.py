"""The pages where staff look after people."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from app.accounts.queries import find_by_email
from app.accounts.words import Role
from tests.support.accounts import facts, give_password, link_of, reload, signed_in

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NEW = {
    "first_name": "Nina",
    "last_name": "Neu",
    "email": "nina@firma.example",
    "role": "customer",
    "language": "de",
}


def test_the_list_costs_few_statements_however_many_people_it_shows(world, statements):
    for n in range(60):
        world.agent(last_name=f"Agent{n:02d}")
    browser = world.browser(world.agent())
    browser.get("/people")
    with statements() as seen:
        page = browser.get("/people").text
    assert page.count("<tr>") == 51
    assert len(seen) <= 6, seen
    assert len(page.encode()) < 60_000


def test_one_person_costs_few_statements(world, statements):
    anna = world.agent(deputy_id=world.agent().id, organisation_id=world.organisation("Musterwerk").id)
    browser = world.browser(world.admin())
    browser.get(f"/people/{anna.id}")
    with statements() as seen:
        assert browser.get(f"/people/{anna.id}").status_code == 200
    assert len(seen) <= 8, seen


def test_people_are_found_by_whole_page_and_by_fragment(world):
    world.customer(first_name="Jörg", last_name="Müller")
    browser = world.browser(world.agent())
    whole = browser.get("/people?q=mueller&role=&team=&active=yes")
    assert "Jörg Müller" in whole.text and "<html" in whole.text
    part = browser.get("/people?q=mueller", headers={"HX-Request": "true"})
    assert "Jörg Müller" in part.text and "<html" not in part.text
    assert "HX-Request" in part.headers["Vary"]
    assert "Niemand gefunden" in browser.get("/people?q=zzz").text


def test_the_next_page_keeps_the_filters(world):
    for n in range(55):
        world.customer(last_name=f"Kunde{n:02d}")
    browser = world.browser(world.agent())
    page = browser.get("/people?role=customer").text
    following = (
        page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    )
    assert "role=customer" in following
    assert "Kunde54" in browser.get(following).text


@pytest.mark.parametrize(
    "query",
    [
        "cursor=kaputt",
        "role=boss",
        "team=x",
        "active=maybe",
        "q=" + "x" * 101,
        "q=a&q=b",
        "team=" + "9" * 400,
    ],
)
def test_a_list_address_that_makes_no_sense_is_an_answer_not_a_failure(world, query):
    assert world.browser(world.agent()).get(f"/people?{query}").status_code == 422


@pytest.mark.parametrize(
    "path", ["/people", "/people/new", "/people/{id}", "/people/{id}/edit", "/people/{id}/role"]
)
def test_customers_and_strangers_see_nobody(world, path):
    path = path.format(id=world.customer().id)
    assert world.browser(world.customer()).get(path).status_code == 403
    assert world.browser().get(path).status_code == 303


@pytest.mark.parametrize("who", ["agent", "leader", "admin"])
def test_every_page_about_a_person_is_there_for_those_who_manage_them(world, who):
    with time_machine.travel(NOW, tick=False):
        browser = world.browser(getattr(world, who)(language="en"))
        mia = world.customer(phone="0911 4400", department="Einkauf", is_vip=True)
        for step in ("", "/edit", "/email", "/deactivate", *(("/role",) if who != "agent" else ())):
            answer = browser.get(f"/people/{mia.id}{step}")
            assert answer.status_code == 200
            assert answer.text.count("<h1") == 1


def test_controls_one_may_not_use_are_not_shown_and_the_calls_refused(world):
    admin, agent = world.admin(), world.browser(world.agent())
    page = agent.get(f"/people/{admin.id}").text
    for word in ("/edit", "/role", "/deactivate", "/password-link"):
        assert f"/people/{admin.id}{word}" not in page
    for word in ("edit", "email", "deactivate"):
        assert agent.get(f"/people/{admin.id}/{word}").status_code == 403
    for word in (
        "password-link",
        "welcome",
        "end-sign-ins",
        "remove-second-factor",
        "deactivate",
        "activate",
    ):
        assert agent.post(f"/people/{admin.id}/{word}").status_code == 403
    assert reload(admin).is_active


@pytest.mark.parametrize("person_id", ["987654", "0", "9" * 40])
def test_somebody_who_is_not_there_is_missing_everywhere(world, person_id):
    browser = world.browser(world.admin())
    browser.get("/people")
    for step in ("", "/edit", "/role", "/email", "/absence", "/deactivate"):
        assert browser.get(f"/people/{person_id}{step}").status_code == 404
    for step in (
        "welcome",
        "password-link",
        "end-sign-ins",
        "remove-second-factor",
        "deactivate",
        "activate",
    ):
        assert browser.post(f"/people/{person_id}/{step}").status_code == 404


def test_a_new_person_gets_a_welcome_link_and_the_form_counts_once(world):
    browser = world.browser(world.agent())
    page = browser.get("/people/new").text
    once = page.partition('name="_once" value="')[2].partition('"')[0]
    given = NEW | {"_once": once, "send_welcome": "true"}
    answers = [browser.post("/people/new", given) for _try in range(2)]
    nina = find_by_email("nina@firma.example")
    assert [answer.headers["Location"] for answer in answers] == [f"/people/{nina.id}"] * 2
    assert len(facts("person.welcomed")) == 1
    link = link_of("person.welcomed")
    stranger = world.browser()
    assert "Willkommen" in stranger.get(link).text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"last_name": ""}, "last_name"),
        ({"email": "nina"}, "email"),
        ({"email": "schon@firma.example"}, "email"),
        ({"role": "boss"}, "role"),
        ({"role": "support_agent", "support_level": ""}, "support_level"),
        ({"role": "support_agent", "support_level": "9"}, "support_level"),
        ({"role": "support_agent", "support_level": "1", "team_ids": "987654"}, "team_ids"),
        ({"organisation_id": "987654"}, "organisation_id"),
    ],
)
def test_a_bad_new_person_keeps_what_was_typed(world, wrong, field):
    world.customer(email="schon@firma.example")
    browser = world.browser(world.admin())
    browser.get("/people/new")
    answer = browser.post("/people/new", NEW | {"department": "Einkauf"} | wrong)
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text
    assert 'value="Einkauf"' in answer.text
    assert find_by_email("nina@firma.example") is None


def test_an_agent_who_sends_a_higher_role_is_refused(world):
    browser = world.browser(world.agent())
    browser.get("/people/new")
    assert browser.post("/people/new", NEW | {"role": "admin"}).status_code == 403
    assert find_by_email("nina@firma.example") is None


RECORD = {
    "first_name": "Mia",
    "last_name": "Muster",
    "language": "de",
    "time_zone": "Europe/Berlin",
    "version": "1",
}


def test_a_record_is_edited_and_a_stale_one_shows_both(world):
    mia = world.customer(first_name="Mia", last_name="Muster")
    browser = world.browser(world.agent())
    browser.get(f"/people/{mia.id}/edit")
    path = f"/people/{mia.id}/edit"
    assert browser.post(path, RECORD | {"phone": "1111"}).headers["Location"] == f"/people/{mia.id}"
    stale = browser.post(path, RECORD | {"phone": "2222"})
    assert stale.status_code == 409
    assert "<b>1111</b>" in stale.text and 'value="2222"' in stale.text
    bad = browser.post(path, RECORD | {"phone": "9" * 41, "version": "2"})
    assert (bad.status_code, 'href="#f-phone"' in bad.text) == (422, True)
    assert reload(mia).phone == "1111"


def test_a_role_is_given_after_the_password(world):
    with time_machine.travel(NOW, tick=False) as travel:
        anna, browser = world.agent(), world.browser(world.admin())
        path = f"/people/{anna.id}/role"
        travel.shift(timedelta(minutes=11))
        assert browser.get(path).headers["Location"] == f"/auth/confirm-password?next={path}"
        browser = world.browser(world.admin())
        browser.get(path)
        stale = browser.post(path, {"role": "team_leader", "version": "7"})
        assert (stale.status_code, "inzwischen geändert" in stale.text) == (409, True)
        assert browser.post(path, {"role": "support_agent", "version": "1"}).status_code == 422
        assert browser.post(path, {"role": "team_leader", "version": "1"}).status_code == 303
        assert reload(anna).role is Role.TEAM_LEADER


def test_an_address_is_changed_by_staff(world):
    mia = world.customer()
    world.customer(email="schon@firma.example")
    browser = world.browser(world.agent())
    path = f"/people/{mia.id}/email"
    assert mia.email in browser.get(path).text
    taken = browser.post(path, {"email": "schon@firma.example"})
    assert (taken.status_code, 'value="schon@firma.example"' in taken.text) == (422, True)
    assert browser.post(path, {"email": "neu@firma.example"}).status_code == 303
    assert reload(mia).email == "neu@firma.example"


def test_links_are_sent_and_sign_ins_ended(world):
    mia = give_password(world.customer(totp_secret="verschlüsselt"))
    signed_in(mia)
    browser = world.browser(world.agent())
    page = browser.get(f"/people/{mia.id}").text
    assert "Link für neues Passwort senden" in page and "1 Browser abmelden" in page
    browser.post(f"/people/{mia.id}/password-link")
    assert facts("password.reset_requested")[-1]["how"] == "by_staff"
    browser.post(f"/people/{mia.id}/end-sign-ins")
    assert "Browser abmelden" not in browser.get(f"/people/{mia.id}").text
    browser.post(f"/people/{mia.id}/remove-second-factor")
    assert reload(mia).totp_secret == ""


def test_deactivating_names_the_person_and_the_effect(world):
    mia = give_password(world.customer(first_name="Mia", last_name="Muster"))
    hers, browser = world.browser(mia), world.browser(world.agent())
    assert hers.get("/auth/profile").status_code == 200
    page = browser.get(f"/people/{mia.id}/deactivate").text
    assert "Konto von Mia Muster deaktivieren?" in page and mia.email in page
    browser.post(f"/people/{mia.id}/deactivate")
    assert hers.get("/auth/profile").status_code == 303
    assert "deaktiviert" in browser.get(f"/people/{mia.id}").text
    assert browser.post(f"/people/{mia.id}/welcome").status_code == 409
    browser.post(f"/people/{mia.id}/activate")
    assert reload(mia).is_active


def test_the_last_administrator_cannot_be_deactivated_by_a_race(world):
    only = world.admin(is_active=True)
    other = world.admin()
    browser = world.browser(other)
    browser.get(f"/people/{only.id}/deactivate")
    browser.post(f"/people/{only.id}/deactivate")
    assert not reload(only).is_active
    assert browser.get(f"/people/{other.id}/deactivate").status_code == 403


def test_leaders_enter_the_absence_of_somebody_who_is_ill(world):
    anna, ben = world.agent(), world.agent()
    browser = world.browser(world.leader())
    path = f"/people/{anna.id}/absence"
    assert ben.full_name in browser.get(path).text
    browser.post(path, {"absent_from": "2026-11-20", "deputy_id": str(ben.id)})
    assert reload(anna).absent_from == date(2026, 11, 20)
    assert "Vertretung" in browser.get(f"/people/{anna.id}").text
    assert world.browser(ben).get(path).status_code == 403


def test_administrators_find_open_links_only_while_no_mail_can_be_sent(world):
    mia = world.customer()
    assert "/admin/links" in world.browser(world.admin()).get(f"/people/{mia.id}").text
    assert "/admin/links" not in world.browser(world.agent()).get(f"/people/{mia.id}").text


def test_names_are_text_wherever_they_stand(world):
    mia = world.customer(first_name="<b>{{7*7}}", last_name="\"onx='", company="<script>alert(1)</script>")
    browser = world.browser(world.agent())
    for path in ("/people", f"/people/{mia.id}", f"/people/{mia.id}/edit", f"/people/{mia.id}/deactivate"):
        page = browser.get(path).text
        assert "<b>{{" not in page and "<script>alert" not in page and "{{7*7}}" in page
