"""What is the same mail and what is not: neither a copy nor a database that calls different ids equal decides."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.mail.posting import Post
from tests.support.letters import kept, raw, tickets
from tests.support.post_office import PostOffice

pytestmark = pytest.mark.servers
SALES = "verkauf@firma.example"
# Each pair is one id to some collation of some database.
LOOK_ALIKES = {
    "capitals": ("<Abc@kunde.example>", "<abc@kunde.example>"),
    "emoji": ("<\U0001f600@kunde.example>", "<\U0001f4a9@kunde.example>"),
    "sharp s": ("<stra\u00dfe@kunde.example>", "<strasse@kunde.example>"),
    "one s": ("<\u00df@kunde.example>", "<s@kunde.example>"),
    "umlaut": ("<m\u00fcller@kunde.example>", "<muller@kunde.example>"),
    "blank at the end": ("<abc@kunde.example>", "<abc@kunde.example> "),
    "accent in two ways": ("<\u00e9@kunde.example>", "<e\u0301@kunde.example>"),
}


@pytest.fixture
def sales(post: Post) -> Iterator[PostOffice]:
    """The second mailbox of the house."""
    made = PostOffice(post.world, post.office.program._server, SALES)
    yield made
    made.end()


def mail(message_id: str | None, text: str = "Der Drucker druckt nicht.") -> bytes:
    lines = ["From: Mia <mia@kunde.example>", "Subject: Drucker"]
    if message_id is not None:
        lines.append(f"Message-ID: {message_id}")
    return raw(*lines, body=text.encode() + b"\r\n")


@pytest.mark.parametrize("pair", LOOK_ALIKES)
def test_f26_ids_that_a_database_calls_equal_are_two_mails(post: Post, pair: str) -> None:
    """Two mails with the same words: only the ids tell them apart."""
    post.deliver(*map(mail, LOOK_ALIKES[pair]))
    post.office.fetch()
    assert len(tickets()) == 2
    assert [one.repeats_id for one in kept()] == [False, False]


def test_f26_the_same_id_with_other_words_is_taken_in_and_marked(post: Post) -> None:
    """An attacker who knows an id must not be able to suppress the mail that carries it."""
    post.deliver(mail("<gleich@kunde.example>", "Vorab"), mail("<gleich@kunde.example>", "Das Echte"))
    post.office.fetch()
    assert [ticket.description for ticket in tickets()] == ["Vorab", "Das Echte"]
    assert [one.repeats_id for one in kept()] == [False, True]


def test_f26_the_same_mail_delivered_three_times_is_one_request(post: Post) -> None:
    one = mail("<dreimal@kunde.example>")
    post.deliver(one, one)
    post.office.fetch()
    post.deliver(one)
    run = post.office.fetch()
    assert run.line() == "created 0, updated 0, ignored 1, quarantined 0, errors 0"
    assert (len(kept()), len(tickets())) == (1, 1)


def test_f26_to_and_cc_in_two_mailboxes_is_a_request_to_each(post: Post, sales: PostOffice) -> None:
    both = mail("<an-beide@kunde.example>")
    post.deliver(both)
    sales.deliver(both)
    post.office.fetch()
    sales.fetch()
    assert [one.account for one in kept()] == [post.office.address, SALES]
    assert len(tickets()) == 2


def test_f26_without_an_id_the_words_decide(post: Post) -> None:
    post.deliver(mail(None, "eins"), mail(None, "zwei"), mail(None, "eins"))
    post.office.fetch()
    assert [ticket.description for ticket in tickets()] == ["eins", "zwei"]
    assert not any(one.repeats_id for one in kept())
