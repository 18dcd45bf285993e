"""Building blocks of pages: what they say, and that it is said to everybody (labels, states, languages)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug.datastructures import MultiDict

from app.core import language
from app.core.actor import NOBODY
from app.web.kit import marks, navigation
from app.web.kit.forms import Form

pytestmark = pytest.mark.sqlite_only
STATUSES = (400, 401, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503)
DUE = datetime(2026, 11, 12, 10, 12, tzinfo=UTC)


class Site:
    name = "Musterwerk"
    hours = support_phone = support_email = imprint_url = privacy_url = accent = logo_url = ""


@pytest.fixture(params=["de", "en"])
def code(request: pytest.FixtureRequest) -> Iterator[str]:
    with language.speaking(request.param):
        yield request.param


@pytest.fixture
def env() -> Environment:
    env = Environment(
        loader=FileSystemLoader("app/templates"),
        autoescape=True,
        undefined=StrictUndefined,
    )
    marks.give(env)
    env.globals.update(
        csrf_token=lambda: "token",
        once_key=lambda: "key",
        asset=lambda name: f"/{name}",
        get_flashed_messages=lambda **_: [("ok", "Gespeichert")],
    )
    return env


def say(env: Environment, call: str, **context: Any) -> str:
    """The outcome of one macro call, e.g. ``tags.status("open")``."""
    module = call.split(".")[0]
    return env.from_string(f'{{% import "kit/{module}.html" as {module} %}}{{{{ {call} }}}}').render(context)


def form(values: dict[str, str] | None = None, problems: dict[str, list[str]] | None = None) -> Form[Any]:
    made: Form[Any] = Form(MultiDict(values or {}))
    made.blame(problems or {})
    return made


def error_page(env: Environment, status: int, **context: Any) -> str:
    values: dict[str, Any] = {"message": "", "problems": [], "reference": "abc123", "is_fragment": False}
    values |= {"actor": NOBODY, "site": Site, "path": "/x", "language": language.language()} | context
    return env.get_template("errors/error.html").render(values | {"status": status})


def test_every_refusal_says_what_happened_and_what_to_do_next(env: Environment, code: str) -> None:
    pages = {status: error_page(env, status) for status in STATUSES}
    heads = {re.search(r"<h1>(.+?)</h1>", page)[1] for page in pages.values()}  # type: ignore[index]
    assert len(heads) == len(STATUSES)
    for status, page in pages.items():
        assert f'<html lang="{code}"' in page, status
        assert "abc123" in page
        assert page.count("<h1>") == 1


def test_a_refusal_in_a_fragment_is_small_and_marked_for_the_scripts(env: Environment) -> None:
    page = error_page(env, 409, is_fragment=True, message="Anna war schneller.", problems=["a < b"])
    assert "<html" not in page
    assert "data-refusal" in page
    assert "Anna war schneller." in page
    assert "a &lt; b" in page


def test_words_of_the_refusal_win_over_the_general_ones(env: Environment) -> None:
    assert "Das Ticket ist geschlossen." in error_page(env, 422, message="Das Ticket ist geschlossen.")


def test_a_field_ties_label_hint_and_error_together(env: Environment, code: str) -> None:
    bad = form({"subject": '"><b>x'}, {"subject": ["Zu lang."]})
    html = say(env, 'forms.field(form, "subject", "Betreff", hint="Kurz", required=true)', form=bad)
    assert '<label class="form-label" for="f-subject">' in html
    assert 'aria-describedby="f-subject-hint f-subject-error"' in html
    assert 'aria-invalid="true"' in html
    assert "required" in html
    assert 'value="&#34;&gt;&lt;b&gt;x"' in html
    assert say(env, "forms.error_summary(form)", form=bad).count('href="#f-subject"') == 1


def test_a_password_is_never_sent_back(env: Environment, code: str) -> None:
    html = say(
        env, 'forms.field(form, "password", "Passwort", "password")', form=form({"password": "geheim"})
    )
    assert "geheim" not in html


def test_choices_remember_what_was_chosen(env: Environment, code: str) -> None:
    sent = form({"category": "2", "impact": "low", "watch": "true"})
    choices = [("1", "Netz"), ("Arbeitsplatz", [("2", "Drucker")])]
    html = say(
        env, 'forms.select(form, "category", "Thema", choices, "Bitte wählen")', form=sent, choices=choices
    )
    assert '<option value="2" selected>' in html
    assert '<optgroup label="Arbeitsplatz">' in html
    cards = say(
        env,
        'forms.choice_cards(form, "impact", "Wie?", [("low", "Kaum", ""), ("high", "Sehr", "")])',
        form=sent,
    )
    assert cards.count(" checked") == 1
    assert 'value="low" id="f-impact" checked' in cards
    assert " checked" in say(env, 'forms.checkbox(form, "watch", "Folgen")', form=sent)


def test_a_problem_of_the_whole_form_is_no_link(env: Environment, code: str) -> None:
    html = say(env, "forms.error_summary(form)", form=form({}, {"": ["Passwort oder Adresse falsch."]}))
    assert "<li>Passwort oder Adresse falsch.</li>" in html
    assert say(env, "forms.error_summary(form)", form=form()) == ""


@pytest.mark.parametrize("status", ["open", "in_progress", "pending", "resolved", "closed"])
def test_a_state_is_icon_word_and_colour_in_both_languages(env: Environment, code: str, status: str) -> None:
    for kind in ("status", "customer_status"):
        html = say(env, f'tags.{kind}("{status}")')
        assert re.search(r'<span class="tag.* t-\w+"><i class="i i-[\w-]+" aria-hidden="true"></i>\w+', html)


def test_the_two_kinds_of_waiting_look_different_and_a_customer_is_told_to_answer(env: Environment) -> None:
    assert say(env, 'tags.status("pending", "customer")') != say(env, 'tags.status("pending", "third_party")')
    assert "Ihre Antwort fehlt" in say(env, 'tags.customer_status("pending", "customer")')
    assert "bewerten" in say(env, 'tags.customer_status("resolved", rated=false)')


def test_a_clock_is_quiet_until_somebody_must_act_and_goes_on_counting(env: Environment) -> None:
    risky = say(env, 'tags.sla_chip("at_risk", "48 Min.", due)', due=DUE)
    assert 'data-state="at_risk"' in risky
    assert '<time datetime="2026-11-12T10:12:00+00:00" data-sla-due="at_risk">noch 48 Min.</time>' in risky
    assert "12 Min. über" in say(env, 'tags.sla_chip("breached", "12 Min.")')
    assert "<time" not in say(env, 'tags.sla_chip("breached", "12 Min.")')
    assert "Überschritten" in say(env, 'tags.sla_chip("breached")')
    assert "Pausiert" in say(env, 'tags.sla_chip("paused")')


@pytest.mark.parametrize(("share", "width"), [(-5, 0), (60, 60), (140, 100)])
def test_a_bar_never_leaves_its_box(env: Environment, share: int, width: int) -> None:
    assert f'<rect width="{width}"' in say(env, f"tags.bar({share})")


def test_a_list_turns_only_where_there_is_a_page(env: Environment, code: str) -> None:
    html = say(env, 'lists.turn("", "/tickets?after=x")')
    assert html.count("<a ") == 1
    assert 'rel="next"' in html
    assert "aria-label" in html


def test_trouble_stays_and_good_news_leaves(env: Environment, code: str) -> None:
    assert 'role="alert" data-stays' in say(env, 'feedback.toast("danger", "Nein")')
    assert "data-stays" not in say(env, 'feedback.toast("ok", "Ja")')
    assert "Gespeichert" in say(env, "feedback.toasts()")


def test_the_menus_of_a_stranger_are_empty_but_the_page_stands(env: Environment, code: str) -> None:
    page = env.get_template("layouts/portal.html").render(
        actor=NOBODY, site=Site, path="/knowledge", language=code, menu=navigation.for_actor(NOBODY)
    )
    assert 'href="/auth/login"' in page
    assert "session-dialog" not in page
