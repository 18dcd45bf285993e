"""Where a card's button leads: a page that asks first, for those who are signed in and may."""

from __future__ import annotations

from app.accounts.models import Person
from app.tickets.actions import assigning, closing
from tests.doors.tickets.conftest import present
from tests.support.audience import act, put
from tests.support.statements import counted
from tests.support.world import World


def free(story: World) -> str:
    """The ticket without anybody who has it; the address of the page."""
    if present(story).assignee_id is not None:
        act(assigning.release, story.actor(story.lea), story.ticket_id)
    return f"{story.base}/take"


def test_opening_the_page_changes_nothing(story: World) -> None:
    path = free(story)
    page = story.desk.get(path).text
    assert "Drucker druckt nicht" in page and "Mia Scholz" in page and page.count("<h1") == 1
    assert present(story).assignee_id is None


def test_the_button_takes_the_ticket_and_leads_to_it(story: World) -> None:
    path = free(story)
    story.desk.get(path)
    answer = story.desk.post(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, story.base)
    assert present(story).assignee_id == story.anna.id
    assert "Sie haben dieses Ticket bereits." in story.desk.get(path).text


def test_whoever_comes_second_reads_who_was_faster_also_a_leader(story: World) -> None:
    path = free(story)
    act(assigning.take, story.actor(story.jonas), story.ticket_id)
    for browser in (story.desk, story.lead):
        page = browser.get(path).text
        assert "Jonas Weber hat dieses Ticket übernommen." in page and f'action="{path}"' not in page
        answer = browser.post(path)
        assert answer.status_code == 409 and "Jonas Weber hat dieses Ticket übernommen." in answer.text
    assert present(story).assignee_id == story.jonas.id


def test_taking_twice_is_taking_once(story: World) -> None:
    path = free(story)
    story.desk.get(path)
    assert [story.desk.post(path).status_code for _ in range(2)] == [303, 303]


def test_a_stranger_signs_in_and_comes_back(story: World) -> None:
    path = free(story)
    answer = story.browser().get(path)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/auth/login?next={path}"
    assert story.browser().post(path).status_code in (302, 303, 400, 401)
    assert present(story).assignee_id is None


def test_who_may_not_see_or_take_it_gets_nothing(story: World) -> None:
    path = free(story)
    secret = story.make_team("Personal", is_confidential=True)
    assert story.browser(story.mia).get(path).status_code == 403
    put(present(story), team_id=secret.id)
    for method in ("get", "post"):
        assert getattr(story.desk, method)(path).status_code == 404
        assert getattr(story.desk, method)("/tickets/TICKET-999999/take").status_code == 404


def test_a_closed_ticket_cannot_be_taken(story: World) -> None:
    path = free(story)
    put(present(story), phase="closed", status="closed", stage=90)
    page = story.desk.get(path).text
    assert "geschlossen" in page and f'action="{path}"' not in page


def test_a_deleted_ticket_is_not_there(story: World) -> None:
    path = free(story)
    act(closing.delete, story.actor(story.lea), story.ticket_id)
    assert story.desk.get(path).status_code == 404


def test_any_way_to_write_the_number_leads_to_one_address(story: World) -> None:
    path = free(story)
    assert story.desk.get(f"/tickets/{story.ticket_id}/take").headers["Location"] == path


def test_the_page_needs_few_statements_and_speaks_english(story: World) -> None:
    path = free(story)
    person: Person = story.agent(language="en")
    browser = story.browser(person)
    browser.get(path)
    with counted() as statements:
        page = browser.get(path).text
    assert "Take it" in page and '<html lang="en"' in page
    assert len(statements) <= 6, "\n".join(statements)
