"""Changing what a ticket is: small forms, both values shown when two people change at once."""

from __future__ import annotations

import pytest

from app.core.uow import run_unit
from app.settings import queries as settings
from app.settings.schemas import TicketRules
from app.tickets.actions import triage
from app.tickets.schemas import StatusMove
from app.tickets.words import PendingReason, Priority, Status
from tests.doors.tickets.conftest import present


def change(browser, story, what, **values):
    browser.get(story.base)
    version = {"version": present(story).version}
    return browser.post(f"{story.base}/{what}", version | values)


def test_each_property_has_its_form(story):
    other = story.make_team("Netzwerk", auto_assign=False)
    assert change(story.desk, story, "status", status="pending_third_party").status_code == 303
    assert present(story).pending_reason is PendingReason.THIRD_PARTY
    assert change(story.desk, story, "priority", priority="high").status_code == 303
    assert present(story).priority is Priority.HIGH
    assert change(story.desk, story, "title", title="Neuer Titel").status_code == 303
    assert present(story).title == "Neuer Titel"
    category = category_named(story, "Programme")
    assert change(story.desk, story, "category", category_id=category).status_code == 303
    assert present(story).category_id == category
    assert change(story.desk, story, "category", category_id="").status_code == 303
    assert present(story).category_id is None
    assert story.desk.post(f"{story.base}/tags", {"tags": "Drucker, Eilig,,"}).status_code == 303
    assert "drucker, eilig" in story.desk.get(story.base).get_data(as_text=True)
    assert change(story.desk, story, "team", team_id=other.id).status_code == 303
    assert present(story).team_id == other.id


def category_named(story, name):
    page = story.desk.get(story.base).get_data(as_text=True)
    return int(page[: page.index(f">{name}</option>")].rsplit('value="', 1)[1].split('"')[0])


@pytest.mark.parametrize(
    ("what", "values"),
    [
        ("status", {"status": "vanished"}),
        ("status", {}),
        ("priority", {"priority": "urgent"}),
        ("title", {"title": ""}),
        ("title", {"title": "x" * 201}),
        ("team", {"team_id": "0"}),
        ("team", {"team_id": "987654"}),
        ("category", {"category_id": "987654"}),
        ("assignee", {"assignee": "everybody"}),
        ("tags", {"tags": "x" * 900}),
        ("status", {"status": "resolved", "assignee_id": "1"}),
    ],
)
def test_what_cannot_be_changed_is_said_on_the_page(story, what, values):
    before = present(story).version
    answer = change(story.lead, story, what, **values)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "error-summary" in page
    assert "<title>Fehler:" in page
    assert present(story).version == before


def test_a_bad_title_is_kept_in_its_field(story):
    page = change(story.desk, story, "title", title="y" * 201).get_data(as_text=True)
    assert f'value="{"y" * 201}"' in page
    assert "Höchstens 200 Zeichen." in page


def test_two_who_change_at_once_see_both_values(story):
    story.desk.get(story.base)
    old = present(story).version
    run_unit(lambda: triage.change_priority(story.actor(story.lea), story.ticket_id, Priority.CRITICAL))
    answer = story.desk.post(f"{story.base}/priority", {"priority": "low", "version": old})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Dieses Ticket wurde inzwischen geändert." in page
    assert "<td>Kritisch</td>" in page
    assert "<td>Niedrig</td>" in page
    assert "Lea Hoffmann</b> hat die Priorität" in page
    assert present(story).priority is Priority.CRITICAL
    assert f'name="version" value="{present(story).version}"' in page
    again = story.desk.post(f"{story.base}/priority", {"priority": "low", "version": present(story).version})
    assert again.status_code == 303
    assert present(story).priority is Priority.LOW


@pytest.mark.parametrize(
    ("what", "values", "words"),
    [
        ("status", {"status": "resolved"}, "<td>Gelöst</td>"),
        ("title", {"title": "Anders"}, "<td>Anders</td>"),
        ("category", {"category_id": ""}, "<td>keine</td>"),
        ("assignee", {"assignee": "me"}, "<td>Lea Hoffmann</td>"),
    ],
)
def test_every_property_can_name_what_was_wanted(story, what, values, words):
    story.lead.get(story.base)
    old = present(story).version
    run_unit(lambda: triage.change_priority(story.actor(story.anna), story.ticket_id, Priority.HIGH))
    answer = story.lead.post(f"{story.base}/{what}", {"version": old} | values)
    assert answer.status_code == 409
    assert words in answer.get_data(as_text=True)


def test_a_move_that_does_not_exist_is_said_without_two_values(story):
    move = StatusMove(status="closed")
    run_unit(lambda: triage.change_status(story.actor(story.lea), story.ticket_id, move))
    answer = change(story.desk, story, "status", status="resolved")
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "kann nicht von „Geschlossen“ zu „Gelöst“ wechseln" in page
    assert "Trotzdem ändern" not in page


def test_take_and_give_back(story):
    assert change(story.desk, story, "assignee", assignee="nobody").status_code == 303
    assert (present(story).assignee_id, present(story).status) == (None, Status.OPEN)
    assert change(story.desk, story, "assignee", assignee="me").status_code == 303
    assert (present(story).assignee_id, present(story).status) == (story.anna.id, Status.IN_PROGRESS)


def test_assigning_others_is_for_leaders(story):
    assert change(story.desk, story, "assignee", assignee=story.jonas.id).status_code == 403
    assert change(story.desk, story, "assignee", assignee="auto").status_code == 403
    assert change(story.lead, story, "assignee", assignee=story.jonas.id).status_code == 303
    assert present(story).assignee_id == story.jonas.id
    assert change(story.lead, story, "assignee", assignee="auto").status_code == 303


def test_whoever_has_it_keeps_it_from_other_agents(story):
    taker = story.browser(story.jonas)
    answer = change(taker, story, "assignee", assignee="me")
    assert answer.status_code == 409
    assert "hat inzwischen jemand anderes übernommen" in answer.get_data(as_text=True)


def test_somebody_of_another_team_cannot_be_chosen(story):
    stranger = story.agent(teams=[story.make_team("Netzwerk")])
    assert change(story.lead, story, "assignee", assignee=stranger.id).status_code == 422


def test_escalating_wants_a_reason_and_keeps_what_was_typed(story):
    story.desk.get(story.base)
    answer = story.desk.post(f"{story.base}/escalate", {"level": "3", "reason": "ja"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Mindestens 3 Zeichen." in page
    assert 'id="f-reason"' in page[page.index('<details class="menu to-left" open>') :]
    assert story.desk.post(f"{story.base}/escalate", {"level": "5", "reason": "Server"}).status_code == 422
    fine = story.desk.post(f"{story.base}/escalate", {"level": "3", "reason": "Server betroffen"})
    assert fine.status_code == 303
    assert (present(story).support_level, present(story).assignee_id) == (3, story.jonas.id)
    again = story.desk.post(f"{story.base}/escalate", {"level": "3", "reason": "Server betroffen"})
    assert again.status_code == 409


def test_resolving_and_opening_again(story):
    assert change(story.desk, story, "status", status="resolved").status_code == 303
    assert story.desk.post(f"{story.base}/reopen").status_code == 303
    assert present(story).status is Status.IN_PROGRESS
    assert story.desk.post(f"{story.base}/reopen").status_code == 409


def test_a_ticket_that_leaves_ones_sight_leads_to_the_list(story):
    other = story.make_team("Netzwerk", auto_assign=False)
    answer = change(story.desk, story, "team", team_id=other.id)
    assert answer.headers["Location"] == "/tickets"
    assert "liegt jetzt bei anderen" in story.desk.get("/tickets").get_data(as_text=True)


def test_watching_and_not_watching(story):
    story.desk.get(story.base)
    assert story.desk.post(f"{story.base}/watch").status_code == 303
    assert "Nicht mehr beobachten" in story.desk.get(story.base).get_data(as_text=True)
    assert story.desk.post(f"{story.base}/unwatch").status_code == 303
    assert story.desk.post(f"{story.base}/unwatch").status_code == 303


def test_participants_come_and_go(story):
    guest = story.customer(email="karl@firma.example")
    story.desk.get(story.base)
    bad = story.desk.post(f"{story.base}/participants", {"email": "karl"})
    assert bad.status_code == 422
    assert 'value="karl"' in bad.get_data(as_text=True)
    unknown = story.desk.post(f"{story.base}/participants", {"email": "niemand@firma.example"})
    assert "Diese Adresse ist hier nicht bekannt." in unknown.get_data(as_text=True)
    assert story.desk.post(f"{story.base}/participants", {"email": guest.email}).status_code == 303
    assert story.desk.post(f"{story.base}/participants", {"email": guest.email}).status_code == 422
    assert story.desk.post(f"{story.base}/participants/{guest.id}/remove").status_code == 303
    assert story.desk.post(f"{story.base}/participants/{guest.id}/remove").status_code == 404


def test_deleting_is_for_leaders(story):
    story.desk.get(story.base)
    assert story.desk.post(f"{story.base}/delete").status_code == 403
    story.lead.get(story.base)
    answer = story.lead.post(f"{story.base}/delete")
    assert answer.headers["Location"] == "/tickets"
    assert story.desk.get(story.base).status_code == 404


def test_a_change_without_the_token_of_the_page_is_refused(story):
    story.desk.get(story.base)
    answer = story.desk.client.post(f"{story.base}/status", data={"status": "resolved", "version": 1})
    assert answer.status_code == 400
    assert present(story).status is Status.IN_PROGRESS


def test_agents_hand_on_where_the_setting_allows(story, monkeypatch):
    monkeypatch.setitem(settings._kept, "tickets", (1e12, TicketRules(agents_hand_on=True)))
    page = story.desk.get(story.base).get_data(as_text=True)
    assert ">Jonas Weber</button>" in page
    assert change(story.desk, story, "assignee", assignee=story.jonas.id).status_code == 303
    assert present(story).assignee_id == story.jonas.id
