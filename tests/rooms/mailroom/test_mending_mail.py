"""What agents put right: an entry becomes a ticket of its own, spam goes out of sight and can come back."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.errors import Conflict, Forbidden
from app.core.uow import run_unit
from app.mailroom.actions import mending
from app.mailroom.models import MailAccount
from app.mailroom.words import Match
from app.tickets.models import Attachment
from app.tickets.words import Phase
from tests.support.letters import bring, comments, facts_about, kept, key_for, letter, results, tickets

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


class TestMoving:
    """An entry that does not belong here becomes a ticket of its own."""

    @pytest.fixture
    def mixed(self, story):
        headers = {"In-Reply-To": key_for(story.kept_ticket, story.mia)}
        bring(
            story.app,
            letter(
                "Und noch etwas: Maus kaputt",
                sender=MIA,
                subject="Maus",
                headers=headers,
                files=[("m.txt", b"m")],
            ),
        )
        return story

    def test_it_goes_with_its_files_and_its_mail(self, mixed):
        (entry,) = comments(mixed.kept_ticket)
        actor = mixed.actor(mixed.anna)
        made = run_unit(lambda: mending.move_to_new_ticket(actor, mixed.kept_ticket.id, entry.id))
        db.session.expire_all()
        assert (made.title, made.description, made.requester_id) == (
            "Maus",
            "Und noch etwas: Maus kaputt",
            mixed.mia.id,
        )
        (file,) = db.session.scalars(sa.select(Attachment))
        assert (file.ticket_id, file.comment_id, made.has_files) == (made.id, None, True)
        (raw,) = kept()
        assert (raw.ticket_id, raw.comment_id, raw.matched_by) == (made.id, None, Match.BY_HAND)
        assert comments(mixed.kept_ticket)[0].taken_back_at is not None
        page = mixed.browser(mixed.mia).get(f"/portal/tickets/{mixed.kept_ticket.number}")
        assert "Maus kaputt" not in page.get_data(as_text=True)

    def test_it_keeps_what_it_quotes_and_says_where_it_was(self, mixed):
        headers = {"In-Reply-To": key_for(mixed.kept_ticket, mixed.mia)}
        quote = "Am 16.11.2026 um 09:00 schrieb Anna <anna@firma.example>:\n> Nehmen Sie Kabel 7."
        subject = f"AW: [{mixed.kept_ticket.number}] AW: Drucker"
        text = f"Jetzt ist die Maus kaputt\n\n{quote}"
        bring(mixed.app, letter(text, sender=MIA, subject=subject, headers=headers))
        entry = comments(mixed.kept_ticket)[-1]
        actor = mixed.actor(mixed.anna)
        made = run_unit(lambda: mending.move_to_new_ticket(actor, mixed.kept_ticket.id, entry.id))
        assert made.title == "Drucker"
        assert made.description == text
        assert "<blockquote>" in made.description_html and "Kabel 7" in made.description_html
        page = mixed.browser(mixed.anna).get(f"/tickets/{made.number}").get_data(as_text=True)
        assert f"Ticket aus einer E-Mail gemacht, die in <b>{mixed.kept_ticket.number}</b> stand" in page

    def test_only_once(self, mixed):
        (entry,) = comments(mixed.kept_ticket)
        actor = mixed.actor(mixed.anna)
        run_unit(lambda: mending.move_to_new_ticket(actor, mixed.kept_ticket.id, entry.id))
        with pytest.raises(Conflict):
            run_unit(lambda: mending.move_to_new_ticket(actor, mixed.kept_ticket.id, entry.id))
        assert len(tickets()) == 2

    def test_nobody_gets_a_receipt_for_it(self, mixed):
        (entry,) = comments(mixed.kept_ticket)
        actor = mixed.actor(mixed.anna)
        made = run_unit(lambda: mending.move_to_new_ticket(actor, mixed.kept_ticket.id, entry.id))
        assert facts_about(made, "ticket.opened")[0]["by_machine"] is True

    def test_customers_move_nothing(self, mixed):
        (entry,) = comments(mixed.kept_ticket)
        with pytest.raises(Forbidden):
            run_unit(
                lambda: mending.move_to_new_ticket(mixed.actor(mixed.mia), mixed.kept_ticket.id, entry.id)
            )


class TestSpam:
    """Mail nobody asked for goes out of sight, and its sender can be blocked."""

    @pytest.fixture
    def spammed(self, story):
        bring(story.app, letter("Gewinnen Sie", sender="Eva <eva@spam.example>"))
        story.spam = tickets()[-1]
        return story

    def test_it_is_hidden_and_its_sender_is_heard_no_more(self, spammed):
        actor = spammed.actor(spammed.anna)
        run_unit(lambda: mending.mark_as_spam(actor, spammed.spam.id, block_sender=True))
        db.session.expire_all()
        assert tickets()[-1].phase is Phase.DELETED
        assert (kept()[0].state, kept()[0].reason) == ("ignored", "spam")
        assert results(bring(spammed.app, letter("Wieder", sender="Eva <eva@spam.example>"))) == ["ignored"]
        assert kept()[-1].reason == "blocked"
        assert results(bring(spammed.app, letter("Ben", sender="Ben <ben@spam.example>"))) == ["created"]

    def test_it_can_come_back(self, spammed):
        run_unit(
            lambda: mending.mark_as_spam(spammed.actor(spammed.anna), spammed.spam.id, block_sender=False)
        )
        admin = spammed.actor(spammed.admin())
        run_unit(lambda: mending.unmark_as_spam(admin, kept()[0].id))
        db.session.expire_all()
        assert tickets()[-1].phase is Phase.ACTIVE
        assert kept()[0].state == "ticket"

    def test_whoever_restores_the_ticket_takes_its_mail_off_the_list(self, spammed):
        run_unit(
            lambda: mending.mark_as_spam(spammed.actor(spammed.anna), spammed.spam.id, block_sender=False)
        )
        browser = spammed.browser(spammed.admin())
        browser.get("/admin/quarantine")
        browser.post(f"/tickets/{spammed.spam.number}/restore")
        db.session.expire_all()
        assert tickets()[-1].phase is Phase.ACTIVE
        assert (kept()[0].state, kept()[0].reason) == ("ticket", "")

    def test_what_was_answered_is_no_spam(self, spammed):
        spammed.say(spammed.anna, spammed.spam)
        with pytest.raises(Conflict):
            run_unit(
                lambda: mending.mark_as_spam(spammed.actor(spammed.anna), spammed.spam.id, block_sender=False)
            )

    def test_no_account_of_ours_is_needed(self, spammed):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(MailAccount)) == 0
