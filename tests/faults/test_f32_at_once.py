"""People press at the same moment (F32): one change for each key, the second sees both texts, nobody sees an error."""

from __future__ import annotations

import io
import re
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from app.accounts.words import TokenPurpose
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Event
from app.tickets.actions import assigning, rating
from app.tickets.models import Comment, Rating, Ticket
from tests.faults.pressing import (
    AGENTS,
    Press,
    assert_chain,
    at_once,
    desks,
    facts,
    hold,
    now,
    opened,
    opened_by_mail,
    statuses,
    team_at_work,
)
from tests.security.sweep.stage import Stage
from tests.support.world import World

CLICKS = 10
ASK = {"title": "Drucker", "description": "Nur leere Seiten.", "impact": "low"}
PRIORITIES = ("low", "high", "critical", "low", "high")


@pytest.fixture
def story(world: World) -> Any:
    return team_at_work(world)


# Double clicks


def test_f32_ten_clicks_open_one_request(story: Any) -> None:
    key = secrets.token_hex(8)
    path, form = "/portal/new", ASK | {"_once": key}
    answers = at_once([Press(opened(story, story.mia, path), path, form) for _ in range(CLICKS)])
    assert statuses(answers) == {303: CLICKS}
    assert len({answer.place for answer in answers}) == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Ticket)) == 2
    hold(story)


def test_f32_ten_clicks_send_one_reply(story: Any) -> None:
    key, path = secrets.token_hex(8), f"{story.base}/reply"
    form = {"body": "Neu gestartet.", "then": "resolved", "_once": key}
    answers = at_once([Press(opened(story, story.agents[0]), path, form) for _ in range(CLICKS)])
    assert statuses(answers) == {303: CLICKS}
    (entry,) = db.session.scalars(sa.select(Comment)).all()
    assert {answer.place for answer in answers} == {f"{story.base}?sent={entry.id}#e{entry.id}"}
    assert len(facts(story, "ticket.reply_added")) == len(facts(story, "ticket.status_changed")) == 1
    hold(story)


def test_f32_two_people_may_choose_the_same_key(story: Any) -> None:
    form = {"body": "Notiz", "_once": "1"}
    answers = at_once([Press(desk, f"{story.base}/note", form) for desk in desks(story)[:2]])
    assert statuses(answers) == {303: 2}
    assert len({answer.place for answer in answers}) == 2
    hold(story)


def test_f32_a_key_is_for_one_content(story: Any) -> None:
    """Two tabs that came from one page: what differs is refused, not swallowed."""
    tabs = [opened(story, story.mia, "/portal/new") for _ in range(2)]
    titles = ("Drucker", "Bildschirm")
    answers = at_once(
        [
            Press(tab, "/portal/new", ASK | {"title": title, "_once": "1"})
            for tab, title in zip(tabs, titles, strict=True)
        ]
    )
    assert statuses(answers) == {303: 1, 409: 1}
    winner = next(title for title, answer in zip(titles, answers, strict=True) if answer.status == 303)
    made = db.session.scalars(sa.select(Ticket.title).where(Ticket.id != story.shown.id)).all()
    assert made == [winner]
    hold(story)


def test_f32_five_clicks_on_a_link_to_rate_give_one_rating(story: Any) -> None:
    lea = opened(story, story.lea)
    lea.post(f"{story.base}/status", {"status": "resolved", "version": now(story).version})
    path = rating.link_for(now(story)).removeprefix("http://localhost")
    stars = [opened_by_mail(story, path) for _ in range(5)]
    answers = at_once([Press(browser, path, {"score": str(n + 1)}) for n, browser in enumerate(stars)])
    assert statuses(answers) == {200: 5}
    found = db.session.get_one(Rating, story.shown.id)
    assert found.score == facts(story, "ticket.rated")[-1]["score"]
    hold(story)


def test_f32_four_clicks_confirm_an_address_once(story: Any) -> None:
    path = f"/auth/confirm/{Stage(story).link(TokenPurpose.CONFIRM)[1]}"
    answers = at_once([Press(opened_by_mail(story, path), path, {}) for _ in range(4)])
    assert statuses(answers) == {303: 1, 410: 3}
    assert len(db.session.scalars(sa.select(Event).where(Event.kind == "registration.confirmed")).all()) == 1


# Two tabs, several agents


def test_f32_of_those_who_change_the_same_state_one_does_and_the_others_see_both(story: Any) -> None:
    version, names = now(story).version, {"low": "Niedrig", "high": "Hoch", "critical": "Kritisch"}
    wishes = list(zip(desks(story), PRIORITIES, strict=True))
    answers = at_once(
        [Press(d, f"{story.base}/priority", {"priority": p, "version": version}) for d, p in wishes]
    )
    assert statuses(answers) == {303: 1, 409: AGENTS - 1}
    present = names[now(story).priority.value]
    for (_desk, wanted), answer in zip(wishes, answers, strict=True):
        if answer.status == 409:
            assert f"<td>{present}</td>" in answer.page and f"<td>{names[wanted]}</td>" in answer.page
            assert f'name="version" value="{version + 1}"' in answer.page
    assert len(facts(story, "ticket.priority_changed")) == 1
    assert now(story).version == version + 1
    hold(story)


def test_f32_two_tabs_of_one_agent_do_not_overrun_each_other(story: Any) -> None:
    version, anna = now(story).version, story.agents[0]
    titles = ("Drucker im dritten Stock", "Drucker im Keller")
    tabs = [opened(story, anna) for _ in titles]
    answers = at_once(
        [Press(b, f"{story.base}/title", {"title": t, "version": version}) for b, t in zip(tabs, titles, strict=True)]
    )  # fmt: skip
    assert statuses(answers) == {303: 1, 409: 1}
    refused = next(answer for answer in answers if answer.status == 409)
    assert all(f"<td>{title}</td>" in refused.page for title in titles)
    hold(story)


def test_f32_of_those_who_reply_one_is_sent_and_the_others_keep_their_text(story: Any) -> None:
    texts = [f"Antwort Nummer {n}" for n in range(AGENTS)]
    path, form = f"{story.base}/reply", {"based_on": "0", "then": "pending_customer"}
    answers = at_once(
        [Press(desk, path, form | {"body": text}) for desk, text in zip(desks(story), texts, strict=True)]
    )
    assert statuses(answers) == {303: 1, 409: AGENTS - 1}
    (sent,) = db.session.scalars(sa.select(Comment)).all()
    for text, answer in zip(texts, answers, strict=True):
        if answer.status == 409:
            assert f">\n{text}</textarea>" in answer.page
            assert sent.body in answer.page[answer.page.index('id="guard"') :]
            assert f'name="based_on" value="{sent.id}"' in answer.page
    hold(story)


def test_f32_a_reply_whose_status_cannot_follow_any_more_keeps_text_and_files(story: Any) -> None:
    """The ticket was resolved while somebody wrote: what was refused is not shown as if it stood there."""
    desk, lead = opened(story, story.agents[0]), opened(story, story.lea)
    lead.post(f"{story.base}/status", {"status": "resolved", "version": now(story).version})
    sent = {"body": "Noch eine Frage", "then": "pending_customer"}
    answer = desk.post(f"{story.base}/reply", sent | {"files": (io.BytesIO(b"Zeile eins"), "log.txt")})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert page.count("Noch eine Frage") == 1 and ">\nNoch eine Frage</textarea>" in page
    assert len(re.findall(r'name="attachment_ids" value="\d+"', page)) == 1
    assert db.session.scalars(sa.select(Comment)).all() == []
    hold(story)


def test_f32_of_those_who_close_one_does_and_the_log_says_so_once(story: Any) -> None:
    version = now(story).version
    close = {"status": "closed", "version": version}
    presses = [Press(desk, f"{story.base}/status", close) for desk in desks(story)]
    portal = opened(story, story.mia, f"/portal{story.base}")
    answers = at_once([*presses, Press(portal, f"/portal{story.base}/resolve", {})])
    found = statuses(answers[:-1])
    assert found in ({303: 1, 409: AGENTS - 1}, {409: AGENTS})
    assert answers[-1].status == (409 if found[303] else 303)
    assert len(facts(story, "ticket.status_changed")) == 1
    assert_chain(story, "ticket.status_changed", now(story).status.value)
    hold(story)


def test_f32_of_those_who_take_a_ticket_one_has_it(story: Any) -> None:
    version = now(story).version
    form = {"assignee": "me", "version": version}
    answers = at_once([Press(desk, f"{story.base}/assignee", form) for desk in desks(story)])
    assert statuses(answers) == {303: 1, 409: AGENTS - 1}
    winner = [answer.status for answer in answers].index(303)
    assert now(story).assignee_id == story.agents[winner].id
    assert [line["new_id"] for line in facts(story, "ticket.assigned")] == [story.agents[winner].id]
    for answer in answers:
        assert answer.status == 303 or f"Agent{winner} Weber" in answer.page
    hold(story)


def test_f32_two_who_take_without_having_looked_do_not_share(story: Any) -> None:
    """Without a version, as a rule or an interface would: the second finds that somebody has it."""
    db.session.rollback()
    actors, start, outcomes = [story.actor(agent) for agent in story.agents[:2]], threading.Barrier(2), []

    def take(actor: Any) -> None:
        with story.app.app_context():
            start.wait(10)
            try:
                run_unit(lambda: assigning.take(actor, story.shown.id))
                outcomes.append("taken")
            except Exception as refusal:
                outcomes.append(type(refusal).__name__)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(take, actors))
    assert sorted(outcomes) == ["Conflict", "taken"]
    hold(story)


# Editing what is being removed


def test_f32_a_ticket_that_is_deleted_while_others_edit_it_is_gone_and_nothing_follows(story: Any) -> None:
    version, lead = now(story).version, opened(story, story.lea)
    a, b, c, d, _e = desks(story)
    presses = [
        Press(lead, f"{story.base}/delete", {}),
        Press(a, f"{story.base}/title", {"title": "Neuer Titel", "version": version}),
        Press(b, f"{story.base}/reply", {"body": "Antwort"}),
        Press(c, f"{story.base}/note", {"body": "Notiz"}),
        Press(d, f"{story.base}/status", {"status": "resolved", "version": version}),
        Press(opened(story, story.mia, f"/portal{story.base}"), f"/portal{story.base}/reply", {"body": "Und?"}),
    ]  # fmt: skip
    answers = at_once(presses)
    assert answers[0].status == 303
    assert set(statuses(answers)) <= {303, 404, 409}
    assert now(story).deleted_at is not None
    query = sa.select(Event.kind).where(Event.ticket_id == story.shown.id).order_by(Event.id)
    kinds = db.session.scalars(query).all()
    assert kinds[-1] == "ticket.deleted" and kinds.count("ticket.deleted") == 1
    done = sum(answer.status == 303 for answer in answers[1:])
    entries = db.session.scalar(sa.select(sa.func.count()).select_from(Comment)) or 0
    assert done >= entries and (done > 0 or len(kinds) == 2)
    hold(story)


def test_f32_words_that_are_removed_while_their_author_corrects_them_are_gone(story: Any) -> None:
    anna = story.agents[0]
    for _round in range(3):
        note = story.say(anna, now(story), "Kennwort: hunter2", is_internal=True)
        entry, author, lead = f"{story.base}/entries/{note.id}", story.browser(anna), story.browser(story.lea)
        author.get("/tickets")
        lead.get("/tickets")
        other = {"body": "Kennwort: hunter3"}
        answers = at_once([Press(lead, f"{entry}/redact", {}), Press(author, f"{entry}/correct", other)])
        assert answers[0].status == 303
        assert answers[1].status in (303, 422)
        left = db.session.get_one(Comment, note.id)
        assert (left.body, left.body_html, left.redacted_at is not None) == ("", "", True)
    hold(story)


# Everything


def test_f32_a_busy_minute_leaves_a_log_that_adds_up(story: Any) -> None:
    """Everybody does something else: each success is one change with one line, in the order of what is."""
    version = now(story).version
    wishes: list[tuple[str, Callable[[int], dict[str, Any]]]] = [
        ("status", lambda n: {"status": ("resolved", "pending_customer", "in_progress")[n % 3], "version": version}),
        ("priority", lambda n: {"priority": PRIORITIES[n % 5], "version": version}),
        ("assignee", lambda n: {"assignee": "me", "version": version}),
        ("reply", lambda n: {"body": f"Antwort {n}"}),
        ("note", lambda n: {"body": f"Notiz {n}"}),
        ("tags", lambda n: {"tags": f"eins, nummer{n}"}),
    ]  # fmt: skip
    presses = [
        Press(opened(story, story.agents[n % AGENTS]), f"{story.base}/{what}", make(n))
        for n, (what, make) in enumerate(wishes * 2)
    ]
    answers = at_once(presses)
    assert set(statuses(answers)) <= {303, 409}
    said = [a for p, a in zip(presses, answers, strict=True) if p.path.endswith(("/reply", "/note"))]
    assert statuses(said) == {303: 4}
    ticket = now(story)
    assert_chain(story, "ticket.status_changed", ticket.status.value)
    assert_chain(story, "ticket.priority_changed", ticket.priority.value)
    assert_chain(story, "ticket.assigned", ticket.assignee_id, "old_id", "new_id")
    assert len(db.session.scalars(sa.select(Comment)).all()) == 4
    hold(story)
