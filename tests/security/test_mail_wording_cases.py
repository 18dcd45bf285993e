"""A22, A44: nothing typed into words of mails, signatures, titles or names is run or makes a header."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import time_machine

from app.accounts.actors import SHELL
from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.notifications.models import MailSignature, MailTemplate
from app.notifications.words import MailKind
from app.settings.actions import change
from app.settings.schemas import Site
from tests.security.sweep.answers import told
from tests.support.audience import put
from tests.support.post import servers
from tests.support.smtp_sink import SmtpSink
from tests.support.world import World

pytestmark = pytest.mark.sqlite_only
TEMPLATES = (
    "{{7*7}}zq",
    "{{config}} {{ ''.__class__ }} {% for x in ().__class__.__base__.__subclasses__() %}{{x}}{% endfor %}",
    "${7*7}zq #{7*7}zq <%=7*7%>zq %(name)s %s",
    "{0.__class__} {name.__class__} {title!r:>10}",
)
RESULTS = ("49zq", "<class ", "&lt;class ", "<Config", "&lt;Config")
HEADERS = "Hallo\r\nBcc: opfer@fremd.example\r\nX-Evil: 1\r\n\r\nText"
HOSTILE = (
    '<script>alert(1)</script><img src=x onerror=alert(1)>"><style>*{display:none}</style>',
    "[x](javascript:alert(1)) ![x](http://track.example/p.gif) <http://a.example/{agent}>",
)


@pytest.fixture
def smtp(world: World) -> Iterator[SmtpSink]:
    with SmtpSink() as sink, servers(smtp=sink):
        yield sink


@pytest.fixture
def traveller() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(clock.now(), tick=False) as made:
        yield made


def say_otherwise(kind: MailKind, subject: str, body: str) -> None:
    """Words past every rule, as if somebody had written them into the table."""
    row = MailTemplate(kind=kind, language="de", subject=subject, body=body, changed_at=clock.now())
    run_unit(lambda: db.session.add(row))


def sign(text: str) -> None:
    row = MailSignature(language="de", text=text, changed_at=clock.now())
    run_unit(lambda: db.session.add(row))


def replied(world: World, traveller: time_machine.Traveller, smtp: SmtpSink, **values: Any) -> Any:
    """The mail that brings a reply to the requester."""
    customer, agent = world.customer(**values.pop("customer", {})), world.agent(**values.pop("agent", {}))
    ticket = world.ticket(customer, **values)
    smtp.mails.clear()
    world.say(agent, ticket, values.get("description", "Ich schaue nach."))
    traveller.shift(120)
    world.relay()
    found = [mail for mail in smtp.mails if mail.recipients == (customer.email,)]
    return found[-1]


def both(mail: Any) -> str:
    """The text and the HTML of a mail."""
    parts = [mail.message.get_body((kind,)).get_content() for kind in ("plain", "html")]
    return "\n".join(parts)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a44_words_that_look_like_a_template_of_another_kind_are_refused_or_stay_text(
    world: World, smtp: SmtpSink, traveller: time_machine.Traveller, template: str
) -> None:
    say_otherwise(MailKind.REPLY, f"[{{number}}] {template}", f"{template}\n\n{{message}}\n\n{{signature}}")
    sign(template)
    mail = replied(world, traveller, smtp, title=template, description=template)
    shown = both(mail) + str(mail.message["Subject"])
    assert not [result for result in RESULTS if result in shown]
    first = template.split()[0]
    assert shown.count(first) >= 4, "in subject, text, message and signature it stands as it was typed"


def test_a44_what_people_write_is_not_filled_in_although_the_words_are(
    world: World, smtp: SmtpSink, traveller: time_machine.Traveller
) -> None:
    title = "{link} {signature} {message} {name}"
    say_otherwise(MailKind.REPLY, "[{number}] {title}", "{title}\n{agent}\n\n{message}\n\n{signature}")
    sign("Gruß {agent}")
    names = {"first_name": "{phone}", "last_name": "{site}"}
    mail = replied(world, traveller, smtp, title=title, description="{rating} {status}", agent=names)
    assert str(mail.message["Subject"]).endswith(title)
    shown = both(mail)
    assert title in shown and "{rating} {status}" in shown and "Gruß {phone} {site}" in shown


def test_a22_no_value_and_no_words_make_a_header(
    world: World, smtp: SmtpSink, traveller: time_machine.Traveller
) -> None:
    say_otherwise(MailKind.REPLY, f"[{{number}}] {{title}} {{agent}} {HEADERS}", "{message}\n{signature}")
    sign(HEADERS)
    run_unit(partial(change, Site(title="IT"), actor=SHELL))
    customer, agent = world.customer(), world.agent()
    ticket = world.ticket(customer)
    put(ticket, title=HEADERS)
    put(agent, first_name="Jonas\r\nX-Evil: 1", last_name='"<x@y.example>')
    world.say(agent, ticket)
    traveller.shift(120)
    world.relay()
    assert {one for mail in smtp.mails for one in mail.recipients} <= {customer.email, agent.email}
    for mail in smtp.mails:
        assert "Bcc" not in mail.message and "X-Evil" not in mail.message
        assert not re.search(r"[\r\n]", str(mail.message["Subject"]))
        assert len(mail.message.get_all("Subject") or []) == 1


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a19_markup_in_words_signatures_and_values_is_text(
    world: World, smtp: SmtpSink, traveller: time_machine.Traveller, hostile: str
) -> None:
    say_otherwise(
        MailKind.REPLY, "[{number}]", f"{hostile} {{title}}\n\n[a]({{title}})\n\n{{message}}\n{{signature}}"
    )
    sign(hostile)
    mail = replied(world, traveller, smtp, title=hostile[:200], description=hostile)
    tags = re.findall(r"<[^>]*>", mail.message.get_body(("html",)).get_content())
    for tag in tags:
        assert not re.match(r"<(script|img|style|iframe)", tag), tag
        assert not re.search(r"\son\w+\s*=|javascript:", tag), tag


@pytest.mark.parametrize("text", [*TEMPLATES, *HOSTILE, HEADERS])
def test_a44_a22_what_is_typed_into_the_pages_stays_text_there(world: World, text: str) -> None:
    browser = world.browser(world.admin())
    browser.get("/admin/mail/texts")
    for path, form in (
        (
            "/admin/mail/texts/reply",
            {"subject": f"[{{number}}] {text}"[:200], "body": f"{text}\n{{message}}"},
        ),
        ("/admin/mail/signatures/edit", {"text": text}),
    ):
        preview = path.removesuffix("/edit") + "/preview"
        for address in (preview, path):
            answer = browser.post(address, form | {"version": "0"})
            page = told(answer)
            assert answer.status_code in (200, 303, 422)
            assert not [result for result in RESULTS if result in page]
            assert "<script>alert" not in page and "<img src=x" not in page
            assert "X-Evil" not in answer.headers and "Bcc" not in answer.headers
        shown = told(browser.get(path))
        assert not [result for result in RESULTS if result in shown] and "<script>alert" not in shown
