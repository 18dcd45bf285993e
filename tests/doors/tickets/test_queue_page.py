"""The list of tickets: views, filters, pages, renewal, and its budget."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.uow import run_unit
from app.tickets.actions import assigning, attending, tagging, triage
from app.tickets.models import Ticket
from app.tickets.schemas import StatusMove
from app.tickets.words import PresenceMode
from tests.doors.tickets.conftest import present
from tests.support.statements import counted

ROW = re.compile(r'<tr id="t(\d+)"')


def read(browser, path="/tickets", **options):
    answer = browser.get(path, **options)
    assert answer.status_code == 200, answer.status
    return answer.get_data(as_text=True)


def ids(page):
    return [int(found) for found in ROW.findall(page)]


def test_an_agent_sees_the_open_tickets_of_the_own_team(story):
    page = read(story.desk)
    assert ids(page) == [story.ticket_id]
    assert "Team IT-Service" in page
    assert 'href="/tickets?view=open" aria-current="page"' in page
    row = page[page.index('<tr id="t') :]
    for words in (present(story).number, "Mia Scholz", "Drucker druckt nicht", "In Bearbeitung", "Mittel"):
        assert words in row
    assert "Erstreaktion bis 18:00" in row
    assert 'data-sla-due="ok">8 Std.</time>' in row
    assert "Anna Berger<small>IT-Service · L1" in row


def test_every_list_opens_and_says_when_nothing_is_in_it(story):
    page = read(story.lead)
    for view in set(re.findall(r'href="/tickets\?view=(\w+)"', page)):
        assert "<h1>" in read(story.lead, f"/tickets?view={view}")
    empty = read(story.desk, "/tickets?view=drafts")
    assert "Alles erledigt." in empty


def test_views_show_what_they_say(story):
    other = story.ticket(story.mia, title="Zweites")
    run_unit(lambda: assigning.release(story.actor(story.lea), other.id))
    run_unit(
        lambda: triage.change_status(story.actor(story.lea), story.ticket_id, StatusMove(status="pending"))
    )
    assert ids(read(story.desk, "/tickets?view=mine")) == [story.ticket_id]
    assert ids(read(story.desk, "/tickets?view=unassigned")) == [other.id]
    assert ids(read(story.desk, "/tickets?view=waiting_for_customer")) == [story.ticket_id]
    row = read(story.desk, "/tickets?view=waiting_for_customer")
    assert "Wartet auf Kunde" in row


def test_filters_are_chips_with_a_way_out(story):
    high = story.ticket(story.mia, title="Eilig", impact="high")
    page = read(story.desk, "/tickets?view=open&priority=high&status=in_progress")
    assert ids(page) == [high.id]
    assert 'href="/tickets?view=open&amp;status=in_progress"' in page
    assert "Filter Priorität: Hoch entfernen" in page
    assert "Filter zurücksetzen" in page
    nothing = read(story.desk, "/tickets?view=open&priority=low")
    assert "Zu diesen Filtern passt nichts." in nothing
    mine = read(story.desk, f"/tickets?requester={story.mia.id}")
    assert "Anfrage von: <b>Mia Scholz</b>" in mine
    assert set(ids(mine)) == {story.ticket_id, high.id}


@pytest.mark.parametrize(
    "query",
    ["view=nonsense", "status=gone", "sort=title", "team=x", "cursor=abc", "priority=high&priority=urgent"],
)
def test_a_crooked_address_is_a_bad_question(story, query):
    answer = story.desk.get(f"/tickets?{query}")
    assert answer.status_code == 422
    assert "Startseite" in answer.get_data(as_text=True)


def test_heads_sort_and_say_how(story):
    page = read(story.desk, "/tickets?view=open")
    assert 'aria-sort="ascending"><a href="/tickets?view=open&amp;sort=due_at">Frist' in page
    by_priority = read(story.desk, "/tickets?view=open&sort=priority")
    assert 'aria-sort="ascending"><a href="/tickets?view=open&amp;sort=priority">Priorität' in by_priority


def test_pages_follow_each_other_both_ways(story):
    for n in range(4):
        story.ticket(story.mia, title=f"Nr. {n}")
    first = read(story.desk, "/tickets?view=open&limit=2")
    onward = re.search(r'href="([^"]+)" rel="next"', first)[1].replace("&amp;", "&")
    second = read(story.desk, onward + "&limit=2")
    assert not set(ids(first)) & set(ids(second))
    back = re.search(r'href="([^"]+)" rel="prev"', second)[1].replace("&amp;", "&")
    assert ids(read(story.desk, back + "&limit=2")) == ids(first)


def test_new_replies_tags_and_colleagues_stand_on_the_line(story):
    story.say(story.mia, present(story), "Hallo?")
    run_unit(lambda: tagging.change_tags(story.actor(story.anna), story.ticket_id, ["drucker"]))
    run_unit(lambda: attending.be_present(story.actor(story.jonas), story.ticket_id, PresenceMode.WRITING))
    page = read(story.desk)
    assert 'class="unread"' in page
    assert "Neue Antwort:" in page
    assert '<span class="label-chip">drucker</span>' in page
    assert "Jonas antwortet" in page
    run_unit(
        lambda: attending.mark_read(story.actor(story.anna), story.ticket_id, present(story).last_entry_id)
    )
    assert 'class="unread"' not in read(story.desk)


def test_what_is_late_says_since_when(story):
    story.clock.shift(timedelta(hours=9))
    late = read(story.browser(story.anna))
    assert "1 Std. über</time>" in late
    assert "Erstreaktion war 18:00" in late


def test_asked_again_it_answers_only_when_something_is_new(story):
    first = story.desk.get("/tickets")
    mark = first.headers["ETag"]
    same = story.desk.get("/tickets", headers={"If-None-Match": mark, "HX-Request": "true"})
    assert same.status_code == 304
    assert same.get_data() == b""
    story.ticket(story.mia, title="Neu")
    fresh = story.desk.get("/tickets", headers={"If-None-Match": mark, "HX-Request": "true"})
    assert fresh.status_code == 200
    part = fresh.get_data(as_text=True)
    assert "<html" not in part
    assert len(ids(part)) == 2
    assert 'id="views-list"' in part
    assert "HX-Request" in fresh.headers["Vary"]


def test_a_mark_belongs_to_one_reader(story):
    mark = story.desk.get("/tickets").headers["ETag"]
    assert story.lead.get("/tickets", headers={"If-None-Match": mark}).status_code == 200


def test_tickets_of_other_teams_are_in_no_list(story):
    stranger = story.browser(story.agent(teams=[story.make_team("Personal")]))
    for path in (
        "/tickets",
        "/tickets?view=mine",
        f"/tickets?requester={story.mia.id}",
        "/tickets?status=open",
    ):
        assert ids(read(stranger, path)) == []


def test_somebody_without_a_team_sees_the_own_work(story):
    alone = story.agent(teams=[])
    run_unit(
        lambda: db.session.execute(
            sa.update(Ticket).where(Ticket.id == story.ticket_id).values(assignee_id=alone.id)
        )
    )
    page = read(story.browser(alone))
    assert ids(page) == [story.ticket_id]
    assert "Mir zugewiesen" in page[page.index("<h1>") :]


def test_fifty_lines_cost_at_most_twelve_statements_and_twenty_kilobytes(story):
    for n in range(50):
        story.ticket(story.mia if n % 2 else story.customer(), title=f"Anliegen Nummer {n} mit einem Betreff")
    story.desk.get("/tickets")
    with counted() as statements:
        page = read(story.desk)
    assert len(ids(page)) == 50
    assert len(statements) <= 12, "\n".join(statements)
    assert len(gzip.compress(page.encode(), 6)) <= 20_000
    print(len(statements), len(page), len(gzip.compress(page.encode(), 6)))
