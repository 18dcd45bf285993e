"""The pages that bring people in from a file."""

from __future__ import annotations

import io

import pytest

from app.accounts.queries import find_by_email
from app.core.db import db
from tests.support.accounts import facts, reload
from tests.support.world import Browser, World

HEAD = "E-Mail;Vorname;Nachname;Telefon;Abteilung;Vorgesetzte(r)"


def upload(browser: Browser, text: str | bytes, **wishes: str) -> str:
    """Send a file; returns the address of its preview."""
    data = text.encode() if isinstance(text, str) else text
    browser.get("/people/import")
    answer = browser.post(
        "/people/import",
        {"file": (io.BytesIO(data), "leute.csv"), **wishes},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def test_a_preview_says_what_would_happen_and_writes_nothing(world: World) -> None:
    mia = world.customer(email="mia@firma.example", first_name="Mia", last_name="Muster", phone="1")
    world.customer(email="same@firma.example", first_name="Sam", last_name="Eins")
    browser = world.browser(world.admin())
    place = upload(
        browser,
        f"{HEAD}\nmia@firma.example;Mia;Muster;2;;\nsame@firma.example;Sam;Eins;;;\n"
        "neu@firma.example;Nina;Neu;;Einkauf;mia@firma.example\nkaputt;X;Y;;;\n",
    )
    for show, words in (
        ("new", ["neu@firma.example", "Einkauf"]),
        ("changed", ["mia@firma.example", "Telefon", "→"]),
        ("unchanged", ["same@firma.example"]),
        ("refused", ["kaputt", "E-Mail-Adresse"]),
    ):
        text = browser.get(f"{place}?show={show}").text
        assert all(word in text for word in words), (show, text)
    assert find_by_email("neu@firma.example") is None and reload(mia).phone == "1"


def test_a_short_file_is_done_at_once_and_only_once(world: World) -> None:
    browser = world.browser(world.admin())
    mia = world.customer(email="mia@firma.example")
    place = upload(browser, f"{HEAD}\nneu@firma.example;Nina;Neu;;Einkauf;mia@firma.example\n")
    assert browser.post(f"{place}/start").status_code == 303
    nina = find_by_email("neu@firma.example")
    assert nina is not None and (nina.department, nina.manager_id) == ("Einkauf", mia.id)
    assert "Import abgeschlossen" in browser.get(place).text
    assert browser.post(f"{place}/start").status_code == 409
    assert [fact["how"] for fact in facts("person.created")] == ["import"]
    assert facts("people.imported")[-1]["created"] == 1


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04rest", b"a;b\n1;2\n", b"E-Mail\n\x00\x01", b'E-Mail\n"offen']
)
def test_a_file_that_is_no_table_of_people_is_refused_in_words(world: World, data: bytes) -> None:
    browser = world.browser(world.admin())
    browser.get("/people/import")
    answer = browser.post(
        "/people/import", {"file": (io.BytesIO(data), "x.csv")}, content_type="multipart/form-data"
    )
    assert answer.status_code == 422
    assert "field-error" in answer.text


def test_refused_lines_come_back_as_a_file_that_runs_nothing(world: World) -> None:
    browser = world.browser(world.admin())
    place = upload(browser, f"{HEAD}\n=cmd()@x;Mia;Muster;+49 911;;\n")
    text = browser.get(f"{place}/refused").get_data(as_text=True)
    assert "'=cmd()@x" in text and "'+49 911" in text
    again = upload(browser, text.replace("'=cmd()@x", "mia@firma.example"))
    assert browser.post(f"{again}/start").status_code == 303
    mia = find_by_email("mia@firma.example")
    assert mia is not None and mia.phone == "+49 911"


def test_pages_of_an_import_cost_few_statements(world: World, statements) -> None:  # type: ignore[no-untyped-def]
    browser = world.browser(world.admin())
    lines = "\n".join(f"p{n}@firma.example;Mia;Muster{n};;;" for n in range(60))
    place = upload(browser, f"{HEAD}\n{lines}", close_missing="true")
    for path, most in (("/people/import", 6), (place, 10), ("/people/import/template", 4)):
        browser.get(path)
        with statements() as seen:
            assert browser.get(path).status_code == 200
        assert len(seen) <= most, (path, seen)


@pytest.mark.parametrize("who", ["customer", "agent", "leader"])
def test_only_administrators_import(world: World, who: str) -> None:
    place = upload(world.browser(world.admin()), f"{HEAD}\na@firma.example;A;B;;;\n")
    browser = world.browser(getattr(world, who)())
    for path in ("/people/import", place, f"{place}/refused", "/people/import/template"):
        assert browser.get(path).status_code == 403
    assert browser.post(f"{place}/start").status_code == 403
    db.session.rollback()
    assert find_by_email("a@firma.example") is None


def test_a_preview_can_be_discarded(world: World) -> None:
    browser = world.browser(world.admin())
    place = upload(browser, f"{HEAD}\na@firma.example;A;B;;;\n")
    assert browser.post(f"{place}/discard").status_code == 303
    assert browser.get(place).status_code == 404


def test_a_long_file_is_left_to_a_worker_and_its_page_says_how_far_it_is(world: World) -> None:
    from app.jobs import people as jobs

    browser = world.browser(world.admin())
    lines = "\n".join(f"p{n}@firma.example;Mia;Muster{n};;;" for n in range(60))
    place = upload(browser, f"{HEAD}\n{lines}")
    browser.post(f"{place}/start")
    page = browser.get(place).text
    assert "0 von 60 Zeilen" in page and "<html" in page
    part = browser.get(place, headers={"HX-Request": "true"}).text
    assert "0 von 60 Zeilen" in part and "<html" not in part
    assert not jobs.work_off(int(place.rsplit("/", 1)[-1]))
    assert "Import abgeschlossen" in browser.get(place).text
