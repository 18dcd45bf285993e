"""A38: who takes part sees public entries from joining on, and nothing any more from leaving on."""

from __future__ import annotations

import pytest

from tests.doors.tickets.conftest import present

pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def stage(world):
    world.anna, world.mia, world.karl = world.agent(), world.customer(), world.customer()
    world.desk = world.browser(world.anna)
    ticket = world.ticket(world.mia, description="Am Anfang")
    world.ticket_id, world.base = ticket.id, f"/tickets/{ticket.number}"
    world.say(world.mia, ticket, "Davor öffentlich")
    world.say(world.anna, ticket, "Davor intern", is_internal=True)
    return world


def seen(stage, person) -> tuple[int, str]:
    answer = stage.browser(person).get(f"/portal{stage.base}")
    return answer.status_code, answer.get_data(as_text=True)


def add(stage, person):
    stage.desk.get(stage.base)
    return stage.desk.post(f"{stage.base}/participants", {"email": person.email})


def test_joining_shows_what_is_said_from_then_on(stage):
    assert seen(stage, stage.karl)[0] == 404
    assert add(stage, stage.karl).status_code == 303
    stage.say(stage.mia, present(stage), "Danach öffentlich")
    stage.say(stage.anna, present(stage), "Danach intern", is_internal=True)
    status, page = seen(stage, stage.karl)
    assert status == 200
    assert "Danach öffentlich" in page
    for hidden in ("Davor öffentlich", "Davor intern", "Danach intern"):
        assert hidden not in page


def test_leaving_ends_it_at_once_with_every_old_link(stage):
    add(stage, stage.karl)
    stage.say(stage.mia, present(stage), "Danach öffentlich")
    browser = stage.browser(stage.karl)
    assert browser.get(f"/portal{stage.base}").status_code == 200
    stage.desk.post(f"{stage.base}/participants/{stage.karl.id}/remove")
    assert browser.get(f"/portal{stage.base}").status_code == 404
    assert browser.post(f"/portal{stage.base}/reply", {"body": "Noch da?"}).status_code == 404
    assert "Danach" not in browser.get("/portal").get_data(as_text=True)


def test_only_people_with_an_account_can_be_named(stage):
    stage.desk.get(stage.base)
    for email in ("fremd@anderswo.example", "kein", "a@b@c", stage.karl.email + "\r\nBcc: x@y.example"):
        answer = stage.desk.post(f"{stage.base}/participants", {"email": email})
        assert answer.status_code == 422, email


def test_a_stranger_cannot_remove_anybody(stage):
    add(stage, stage.karl)
    thief = stage.browser(stage.customer())
    thief.get("/portal")
    for person in (stage.karl, stage.mia):
        path = f"/portal{stage.base}/participants/{person.id}/remove"
        assert thief.post(path).status_code == 404
    assert seen(stage, stage.karl)[0] == 200
    assert seen(stage, stage.mia)[0] == 200


def test_a_deactivated_person_cannot_be_added(stage):
    gone = stage.customer(is_active=False)
    assert add(stage, gone).status_code == 422


def test_who_takes_part_brings_nobody_along_and_sends_nobody_away(stage):
    eva = stage.customer()
    for person in (stage.karl, eva):
        add(stage, person)
    browser, base = stage.browser(stage.karl), f"/portal{stage.base}/participants"
    browser.get("/portal")
    for person in (stage.customer(), stage.anna):
        assert browser.post(base, {"email": person.email}).status_code == 403
    assert browser.post(f"{base}/{eva.id}/remove").status_code == 403
    assert browser.post(f"{base}/{stage.mia.id}/remove").status_code in (403, 404)
    assert [seen(stage, person)[0] for person in (stage.mia, eva, stage.karl)] == [200] * 3
    assert browser.post(f"{base}/{stage.karl.id}/remove").status_code == 303
    assert seen(stage, stage.karl)[0] == 404
