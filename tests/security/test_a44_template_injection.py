"""A44: what looks like a template in what people type is shown as it was typed, on pages, in mails and on cards."""

from __future__ import annotations

import html
import itertools
from collections.abc import Iterator
from functools import partial

import pytest

from app.accounts.models import Person
from app.core.db import db
from app.core.uow import run_unit
from app.notifications.outbox import outbox
from tests.security.sweep import sinks
from tests.security.sweep.answers import told
from tests.security.sweep.asking import deed, send
from tests.security.sweep.rights import WHO, doer
from tests.security.sweep.routes import FORMS, PAGES, Line
from tests.security.sweep.samples import filled, texts
from tests.security.sweep.stage import ADMIN, AGENT, CUSTOMER, Stage
from tests.security.sweep.things import ways
from tests.support.world import World

pytestmark = pytest.mark.sqlite_only
# Jinja, Python's two ways of filling in, gettext, shell and other template languages.
TEMPLATES = (
    "{{7*7}}zq",
    "${7*7}zq #{7*7}zq <%=7*7%>zq",
    "%(name)s %s %d %zq {0} {actor} {0.__class__}zq",
    "{{config}}zq {{actor.email}}zq",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{x}}zq{% endfor %}",
    "{{ ''.__class__ }}zq {# note #}zq",
    "{{ cycler.__init__.__globals__.os }}zq",
)
RESULTS = (
    "49zq",
    "<class ",
    "&lt;class ",
    "<Config",
    "&lt;Config",
    "<built-in",
    "&lt;built-in",
    "&lt;module",
)
NEITHER = {"email", "password", "current", "password_confirm", "code", "cursor", "next", "key", "webhook_url"}


def typed(line: Line, template: str) -> dict[str, str]:
    """A form whose every free text field says the same template."""
    assert line.takes is not None
    return {name: template[:most] for name, most in texts(line.takes).items() if name not in NEITHER}


def related(line: Line) -> Iterator[Line]:
    """Pages on which what was typed could come back: about the same things, or the list they stand in."""
    start = "/".join(line.rule.split("/")[:3])
    for page in PAGES:
        if page.rule.startswith(start) and set(page.parameters) <= set(line.parameters):
            yield page


def assert_literal(blob: str, where: str) -> None:
    for result in RESULTS:
        assert result not in blob, f"{where} shows {result!r}: {blob[max(0, blob.find(result) - 80) :][:200]}"


@pytest.mark.parametrize("line", FORMS, ids=str)
def test_a_template_typed_into_a_form_stays_text(world: World, line: Line) -> None:
    stage, role = Stage(world), doer(line)
    for template in TEMPLATES[:4]:
        things = ways(stage, line, role)[-1].things
        form = filled(line.takes) | typed(line, template)
        answer = deed(stage.browser(role, fresh="/auth/" in line.rule), line.path(things), form)
        assert answer.status_code < 500, f"{line}: {answer.status}"
        assert_literal(told(answer), f"the answer to {line}")
        readers = {role, CUSTOMER, ADMIN}
        for page, reader in itertools.product(related(line), sorted(readers)):
            if reader in WHO[page.allow]:
                shown = send(stage.browser(reader), "GET", page.path(things))
                assert shown.status_code < 500, f"{page} after {line} with {template!r}: {shown.status}"
                assert_literal(told(shown), f"{page} after {line}")


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_conversation_of_templates_is_written_out_in_pages_mails_and_cards(
    world: World, template: str
) -> None:
    stage = Stage(world)
    for person in stage.people.values():
        run_unit(partial(_rename, person.id, template))
    ticket = stage.own_request(CUSTOMER, title=template, description=template, impact="critical")
    stage.entry(ticket, body=template)
    stage.entry(ticket, stage.people[CUSTOMER], body=template)
    stage.entry(ticket, body=template, is_internal=True)
    page = told(send(stage.browser(AGENT), "GET", f"/tickets/{ticket.number}"))
    portal = told(send(stage.browser(CUSTOMER), "GET", f"/portal/tickets/{ticket.number}"))
    sent = [mail.text for mail in sinks.mails(world)]
    posted = sinks.cards()
    first = template.split()[0] if "%" not in template else template
    for where, blob in (("page", page), ("portal", portal), ("mails", "\n".join(sent))):
        assert_literal(blob, where)
        assert first in html.unescape(blob), f"{where} does not show {first!r}"
    assert sent
    assert outbox()
    for card in posted:
        assert "49zq" not in card


def _rename(person_id: int, name: str) -> None:
    person = db.session.get_one(Person, person_id)
    person.first_name, person.last_name = name[:80], "zq"


def test_a_template_that_was_filled_in_would_be_noticed() -> None:
    with pytest.raises(AssertionError, match="49zq"):
        assert_literal("<p>49zq</p>", "a page")
