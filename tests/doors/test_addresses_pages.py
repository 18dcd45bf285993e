"""The pages on which people and their staff look after several addresses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from app.accounts import further
from app.accounts.queries import find_by_email
from tests.support.accounts import facts, give_password, limits_on, link_of, reload, try_sign_in

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PRIVATE = "mia@privat.example"


@pytest.mark.parametrize("who", ["customer", "agent", "leader", "admin"])
def test_the_own_addresses_are_listed_with_their_state_in_both_languages(world, who):
    for language, main, waits in (
        ("de", "Hauptadresse", "wartet auf Bestätigung"),
        ("en", "main address", "waits for confirmation"),
    ):
        person = getattr(world, who)(language=language)
        browser = world.browser(person)
        page = browser.get("/auth/addresses").text
        assert main in page and waits not in page
        world.further(person, f"{language}.{PRIVATE}")
        world.further(person, f"{language}.wartet@privat.example", confirmed=False)
        page = browser.get("/auth/addresses").text
        assert page.count("<h1") == 1
        assert page.index(person.email) < page.index(f"{language}.{PRIVATE}") < page.index(waits)
        assert browser.get("/auth/addresses/new").status_code == 200


def test_the_own_addresses_cost_few_statements(world, statements):
    mia = world.customer()
    for n in range(10):
        world.further(mia, f"mia{n}@privat.example")
    browser = world.browser(mia)
    browser.get("/auth/addresses")
    with statements() as seen:
        assert browser.get("/auth/addresses").text.count("/remove") == 10
    assert len(seen) <= 4, seen


def test_an_own_address_is_added_by_its_link_and_then_made_the_main_one(world):
    mia = give_password(world.customer(email="mia@firma.example", first_name="Mia", last_name="Muster"))
    browser = world.browser(mia)
    browser.get("/auth/addresses/new")
    sent = browser.post("/auth/addresses/new", {"email": PRIVATE})
    assert sent.headers["Location"] == "/auth/mail-sent"
    assert "Link noch einmal senden" in browser.get("/auth/addresses").text
    link = link_of("email.further_requested")
    stranger = world.browser()
    page = stranger.get(link)
    assert PRIVATE in page.text and "Mia Muster" in page.text
    assert find_by_email(PRIVATE) is None
    assert stranger.post(link).headers["Location"] == "/auth/login"
    assert f"Ihre Adresse {PRIVATE} ist bestätigt" in stranger.get("/auth/login").text
    assert [stranger.get(link).status_code, stranger.post(link).status_code] == [410, 410]
    (row,) = further.of_person(mia.id)
    assert browser.post(f"/auth/addresses/{row.id}/main").headers["Location"] == "/auth/addresses"
    assert f"{PRIVATE} ist jetzt Ihre Hauptadresse." in browser.get("/auth/addresses").text
    assert reload(mia).email == PRIVATE
    for email in (PRIVATE, "mia@firma.example"):
        assert try_sign_in(world.browser(), email).status_code == 303
    browser.post(f"/auth/addresses/{row.id}/remove")
    assert "Die Adresse ist entfernt." in browser.get("/auth/addresses").text
    assert try_sign_in(world.browser(), "mia@firma.example").status_code == 422


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("", "wie name@firma.example ein."),
        ("kein", "wie name@firma.example ein."),
        ("a" * 300 + "@privat.example", "Höchstens 254 Zeichen."),
        ("schon@privat.example", "Diese Adresse ist schon eingetragen."),
        ("MIA@firma.example", "Diese Adresse ist schon eingetragen."),
    ],
)
@pytest.mark.parametrize("door", ["own", "staff"])
def test_bad_input_stands_beside_the_field_and_what_was_typed_is_kept(world, door, email, said):
    mia = world.customer(email="mia@firma.example")
    world.further(mia, "schon@privat.example")
    path = "/auth/addresses/new" if door == "own" else f"/people/{mia.id}/addresses/new"
    browser = world.browser(mia if door == "own" else world.admin())
    browser.get(path)
    answer = browser.post(path, {"email": email})
    assert answer.status_code == 422
    assert 'aria-describedby="f-email-error" aria-invalid="true"' in answer.text
    assert said in answer.text
    assert f'value="{email}"' in answer.text


def test_staff_add_make_main_and_remove_on_the_page_of_a_person(world):
    mia = world.customer(email="mia@firma.example", first_name="Mia", last_name="Muster")
    browser = world.browser(world.agent())
    assert f"/people/{mia.id}/addresses/new" in browser.get(f"/people/{mia.id}").text
    browser.get(f"/people/{mia.id}/addresses/new")
    sent = browser.post(f"/people/{mia.id}/addresses/new", {"email": PRIVATE})
    assert sent.headers["Location"] == f"/people/{mia.id}"
    page = browser.get(f"/people/{mia.id}").text
    assert f"{PRIVATE} gehört jetzt zu Mia Muster." in page
    (row,) = further.of_person(mia.id)
    browser.post(f"/people/{mia.id}/addresses/{row.id}/main")
    assert f"Mails an Mia Muster gehen jetzt an {PRIVATE}." in browser.get(f"/people/{mia.id}").text
    browser.post(f"/people/{mia.id}/addresses/{row.id}/remove")
    assert "mia@firma.example" not in browser.get(f"/people/{mia.id}").text
    assert [fact["how"] for kind in ("added", "removed") for fact in facts(f"email.further_{kind}")] == [
        "by_staff",
        "by_staff",
    ]


def test_staff_read_to_whom_an_address_belongs(world):
    anna = world.customer(first_name="Anna", last_name="Berger")
    mia, browser = world.customer(), world.browser(world.agent())
    browser.get(f"/people/{mia.id}/addresses/new")
    answer = browser.post(f"/people/{mia.id}/addresses/new", {"email": anna.email})
    assert answer.status_code == 422
    assert f"{anna.email} gehört zu Anna Berger." in answer.text


def test_who_may_not_edit_a_person_sees_the_addresses_and_changes_none(world):
    admin, agent = world.admin(), world.browser(world.agent())
    row = world.further(admin, PRIVATE)
    page = agent.get(f"/people/{admin.id}").text
    assert PRIVATE in page
    assert f"/people/{admin.id}/addresses" not in page
    assert agent.get(f"/people/{admin.id}/addresses/new").status_code == 403
    for step in ("new", f"{row.id}/main", f"{row.id}/remove"):
        answer = agent.post(f"/people/{admin.id}/addresses/{step}", {"email": "neu@privat.example"})
        assert answer.status_code == 403
    mia = world.customer()
    browser = world.browser(mia)
    browser.get("/auth/addresses")
    for step in ("new", f"{row.id}/main"):
        assert browser.post(f"/people/{mia.id}/addresses/{step}").status_code == 403
    assert reload(admin).email != PRIVATE


def test_an_old_password_is_asked_for_and_the_way_leads_back(world):
    with time_machine.travel(NOW, tick=False) as travel:
        mia = world.customer()
        row = world.further(mia, PRIVATE)
        own, staff = world.browser(mia), world.browser(world.admin())
        own.get("/auth/addresses")
        staff.get(f"/people/{mia.id}")
        travel.shift(timedelta(minutes=11))
        back = {"next": "/auth/addresses"}
        for answer in (
            own.post(f"/auth/addresses/{row.id}/main", back),
            own.post(f"/auth/addresses/{row.id}/remove", back),
            own.post("/auth/addresses/new", back | {"email": "neu@privat.example"}),
        ):
            assert answer.headers["Location"] == "/auth/confirm-password?next=/auth/addresses"
        path = f"/people/{mia.id}/addresses/new"
        assert staff.get(path).headers["Location"] == f"/auth/confirm-password?next={path}"
        assert own.get("/auth/addresses").status_code == 200
        assert own.get("/auth/addresses/new").status_code == 303


def test_one_address_gets_three_links_an_hour(world):
    browser = world.browser(world.customer())
    browser.get("/auth/addresses/new")
    with limits_on():
        answers = [browser.post("/auth/addresses/new", {"email": "oft@privat.example"}) for _try in range(4)]
    assert [answer.status_code for answer in answers] == [303, 303, 303, 429]
    assert 'value="oft@privat.example"' in answers[3].text
