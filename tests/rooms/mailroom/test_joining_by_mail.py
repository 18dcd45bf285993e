"""Who may say what by mail: keyed addresses, colleagues in their mail program, suppliers, the real requester."""

from __future__ import annotations

import pytest

from app.accounts.queries import find_by_email
from app.core.errors import Forbidden, NotFound
from app.core.uow import run_unit
from app.mailroom import own_ids
from app.mailroom.actions import forwarding, mending
from app.mailroom.origin import Origin
from app.mailroom.schemas import NewForwarding
from app.mailroom.words import Match
from app.tickets.words import PendingReason, Status
from tests.support.letters import bring, comments, facts_about, kept, key_for, letter, results, tickets
from tests.support.post import told_by_mail

ANNA, MIA, TEC = "Anna Agent <anna@firma.example>", "Mia <mia@kunde.example>", "Tec <service@tec.example>"
OURS = "mx.firma.example"
PASSED = {"Authentication-Results": f"{OURS}; dkim=pass; dmarc=pass header.from=firma.example"}


@pytest.fixture
def story(world):
    """A ticket of a customer in the hands of an agent, and an account whose server signs what it found out."""
    world.anna = world.agent(email="anna@firma.example")
    world.mia = world.customer(email="mia@kunde.example")
    world.kept_ticket = world.ticket(world.mia)
    world.relay()
    return world


def from_mailbox(story, *mails):
    """Mails as they come from an account that trusts its own server."""
    return bring(story.app, *mails, origin=Origin(account="hilfe@firma.example", authserv_id=OURS))


def answer_of_anna(story, text="Bitte neu starten.", headers=PASSED):
    key = key_for(story.kept_ticket, story.anna)
    return letter(text, sender=ANNA, headers={"In-Reply-To": key} | headers)


def test_an_agent_answers_from_the_own_mail_program(story):
    assert results(from_mailbox(story, answer_of_anna(story))) == ["updated"]
    (entry,) = comments(story.kept_ticket)
    assert (entry.by_staff, entry.author_id, entry.is_unverified) == (True, story.anna.id, False)
    ticket = tickets()[0]
    assert ticket.first_response_at == entry.created_at
    assert kept()[0].matched_by is Match.OUR_MAIL
    (fact,) = facts_about(story.kept_ticket, "ticket.reply_added")
    assert fact["by_staff"] is True


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authentication-Results": f"{OURS}; dmarc=fail"},
        {"Authentication-Results": "mx.evil.example; dmarc=pass"},
        {"Authentication-Results": f"evil.example {OURS}; dmarc=pass"},
        {"Authentication-Results": f"{OURS}; spf=pass (dmarc=pass)"},
        {"Authentication-Results": f"{OURS}; dmarc=pass; dmarc=fail"},
    ],
    ids=["none", "fail", "somebody else's", "name behind", "in a comment", "both"],
)
def test_a01_a07_without_proof_of_the_sender_an_agents_answer_is_only_text(story, headers):
    from_mailbox(story, answer_of_anna(story, headers=headers))
    (entry,) = comments(story.kept_ticket)
    assert (entry.by_staff, entry.author_id, entry.is_unverified) == (False, None, True)
    assert tickets()[0].first_response_at is None


def test_a07_only_the_result_on_top_counts(story):
    forged = answer_of_anna(story)
    on_top = f"Authentication-Results: {OURS}; dmarc=fail\r\n".encode()
    from_mailbox(story, on_top + forged)
    assert [entry.is_unverified for entry in comments(story.kept_ticket)] == [True]


def test_a07_a_customers_answer_our_server_does_not_believe_is_marked(story):
    headers = {"In-Reply-To": key_for(story.kept_ticket, story.mia)}
    failed = {"Authentication-Results": f"{OURS}; dmarc=fail"}
    from_mailbox(
        story, letter("A", sender=MIA, headers=headers), letter("B", sender=MIA, headers=headers | failed)
    )
    assert [entry.is_unverified for entry in comments(story.kept_ticket)] == [False, True]


def test_an_agents_out_of_office_is_no_answer(story):
    from_mailbox(story, answer_of_anna(story, headers=PASSED | {"Auto-Submitted": "auto-replied"}))
    (entry,) = comments(story.kept_ticket)
    assert (entry.by_staff, entry.is_unverified) == (False, True)
    assert tickets()[0].first_response_at is None


@pytest.mark.parametrize("spell", [str, str.upper, str.lower])
def test_a_keyed_address_leads_to_its_ticket_however_it_is_spelled(story, spell):
    address = own_ids.reply_address("hilfe@firma.example", "ticket", story.kept_ticket.id, story.mia.id)
    bring(story.app, letter("Noch da", sender=MIA, headers={"To": spell(address), "Subject": "Re: Drucker"}))
    (entry,) = comments(story.kept_ticket)
    assert not entry.is_unverified
    assert kept()[0].matched_by is Match.REPLY_ADDRESS


def test_a03_a_keyed_address_of_somebody_else_proves_nothing(story):
    address = own_ids.reply_address("hilfe@firma.example", "ticket", story.kept_ticket.id, story.mia.id)
    spoilt = address.replace(address[-20:-15], "aaaaa")
    bring(
        story.app,
        letter("Eva", sender="Eva <eva@fremd.example>", headers={"To": address}),
        letter("Mia", sender=MIA, headers={"To": spoilt}),
    )
    assert comments(story.kept_ticket) == []
    assert len(tickets()) == 3


def test_a_keyed_address_is_never_longer_than_an_address_may_be():
    long = "x" * 60 + "@firma.example"
    assert own_ids.reply_address(long, "ticket", 1, 1) == long


class TestSuppliers:
    """Somebody outside is asked, and the answer comes back as a note."""

    @pytest.fixture
    def asked(self, story):
        command = NewForwarding(address="service@tec.example", body="Was bedeutet E42?", waits=True)
        actor = story.actor(story.anna)
        story.forwarding = run_unit(lambda: forwarding.forward(actor, story.kept_ticket.id, command))
        return story

    def answer(self, story, **given):
        key = own_ids.make("forward", story.forwarding.id, 1, 0)
        return bring(
            story.app, letter("Toner leer.", headers={"In-Reply-To": key}, **{"sender": TEC} | given)
        )

    def test_the_question_is_a_note_and_the_ticket_waits(self, asked):
        (note,) = comments(asked.kept_ticket)
        assert note.is_internal and "service@tec.example" in note.body and "E42" in note.body
        ticket = tickets()[0]
        assert (ticket.status, ticket.pending_reason) == (Status.PENDING, PendingReason.THIRD_PARTY)

    def test_the_answer_is_a_note_and_the_ticket_goes_on(self, asked):
        assert results(self.answer(asked)) == ["updated"]
        note = comments(asked.kept_ticket)[-1]
        assert (note.is_internal, note.author_name, note.is_unverified) == (True, "Tec", False)
        assert tickets()[0].status is not Status.PENDING
        assert kept()[-1].matched_by is Match.SUPPLIER
        assert "Toner leer" not in asked.browser(asked.mia).get(
            f"/portal/tickets/{asked.kept_ticket.number}"
        ).get_data(as_text=True)

    def test_the_requester_hears_nothing_of_it_by_mail(self, asked):
        self.answer(asked)
        asked.relay()
        told = [kind for kind, person_id in told_by_mail() if person_id == asked.mia.id]
        assert told == ["ticket.opened"]

    def test_a_colleague_of_the_supplier_is_marked(self, asked):
        self.answer(asked, sender="Eva <eva@tec.example>")
        note = comments(asked.kept_ticket)[-1]
        assert note.is_internal and note.is_unverified

    def test_an_out_of_office_does_not_end_the_waiting(self, asked):
        key = own_ids.make("forward", asked.forwarding.id, 1, 0)
        away = {"In-Reply-To": key, "Auto-Submitted": "auto-replied"}
        bring(asked.app, letter("Im Urlaub", sender=TEC, headers=away))
        assert tickets()[0].status is Status.PENDING

    def test_a_customer_cannot_ask_outside(self, story):
        command = NewForwarding(address="service@tec.example", body="?")
        with pytest.raises(Forbidden):
            run_unit(lambda: forwarding.forward(story.actor(story.mia), story.kept_ticket.id, command))


class TestPassedOn:
    """A colleague forwards somebody's mail: offered, never assumed."""

    WORDS = (
        "Bitte übernehmen.\n\n-----Ursprüngliche Nachricht-----\nVon: Ben Beispiel <ben@anders.example>\n"
        "Gesendet: Freitag, 20. November 2026 09:12\nAn: Anna Agent\nBetreff: Zugang gesperrt\n\n"
        "Ich komme nicht rein.\n"
    )

    @pytest.fixture
    def passed(self, story):
        bring(story.app, letter(self.WORDS, sender=ANNA, subject="WG: Zugang gesperrt"))
        return story

    def test_the_real_requester_is_named_and_not_assumed(self, passed):
        (raw,) = kept()
        assert (raw.asker_email, raw.asker_name) == ("ben@anders.example", "Ben Beispiel")
        assert tickets()[-1].requester_id == passed.anna.id

    def test_an_agent_takes_over_the_real_requester(self, passed):
        (raw,) = kept()
        run_unit(lambda: mending.take_over_asker(passed.actor(passed.anna), raw.id))
        ben = find_by_email("ben@anders.example")
        assert tickets()[-1].requester_id == ben.id
        assert facts_about(tickets()[-1], "ticket.requester_changed") == [
            {"old_id": passed.anna.id, "new_id": ben.id}
        ]

    def test_a_customers_forward_names_nobody(self, story):
        bring(story.app, letter(self.WORDS, sender=MIA, subject="WG: Zugang gesperrt"))
        assert kept()[0].asker_email == ""

    def test_an_answers_mail_has_no_requester_to_take_over(self, passed):
        headers = {"In-Reply-To": key_for(passed.kept_ticket, passed.mia)}
        bring(passed.app, letter("Noch da", sender=MIA, headers=headers))
        with pytest.raises(NotFound):
            run_unit(lambda: mending.take_over_asker(passed.actor(passed.anna), kept()[-1].id))
