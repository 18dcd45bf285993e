"""What has to happen for the mails about mailboxes to be written."""

from __future__ import annotations

from functools import partial
from typing import Any

from app.accounts.actors import CLOCK
from app.accounts.import_events import PeopleFetchStopped
from app.accounts.models import Person
from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.events.kinds import Fact
from app.events.log import record
from app.mailroom.events import MailboxFailing, MailboxSilent, MailTooLarge, SecretEnding
from app.mailroom.models import MailAccount, Mailbox, RawMail
from app.mailroom.outcomes import Reason, State
from app.webhooks.events import WebhookSwitchedOff
from tests.golden.mail_scenes import Firm, Scene


def account() -> MailAccount:
    """A mailbox of the helpdesk that answers from another address than the mails here come from."""
    address = "anfragen@firma.example"
    # The mail names its number.
    made = MailAccount(id=7, address=address, address_key=address, max_mb=25, created_at=clock.now())

    def work() -> None:
        db.session.add(made)
        db.session.flush()
        db.session.add(Mailbox(account_id=made.id))

    run_unit(work)
    return made


def admin(firm: Firm) -> Person:
    return firm.world.admin(first_name="Sofia", last_name="Romano", language=firm.customer.language)


def about_mailbox(fact: Fact) -> Scene:
    def scene(firm: Firm) -> tuple[Any, ...]:
        reader, mailbox = admin(firm), account()
        run_unit(partial(record, fact, actor=CLOCK, subject=("mail_account", mailbox.id)))
        return reader, fact.kind

    return scene


def too_large(firm: Firm) -> tuple[Any, ...]:
    raw = RawMail(
        account="anfragen@firma.example",
        mail_account_id=account().id,
        message_id_hash="0" * 64,
        content_hash="0" * 64,
        sha256="0" * 64,
        size=900,
        subject="Viele <b>Bilder</b>",
        kept_at=clock.now(),
        state=State.QUARANTINED,
        reason=Reason.OVERSIZED,
    )

    def work() -> None:
        db.session.add(raw)
        db.session.flush()
        fact = MailTooLarge(person_id=firm.customer.id, size=52_000_000)
        record(fact, actor=CLOCK, subject=("mail", raw.id))

    run_unit(work)
    return firm.customer, MailTooLarge.kind


def webhook_off(firm: Firm) -> tuple[Person, str]:
    fact = WebhookSwitchedOff(name="Lager <b>Nord</b>", trouble="refused")
    reader = admin(firm)
    # The mail names its number.
    run_unit(partial(record, fact, actor=CLOCK, subject=("webhook", 7)))
    return reader, fact.kind


def secret_ending(firm: Firm) -> tuple[Person, str]:
    fact = SecretEnding(on="2026-12-03")
    reader = admin(firm)
    run_unit(partial(record, fact, actor=CLOCK, subject=("settings", 0)))
    return reader, fact.kind


def fetch_stopped(firm: Firm) -> tuple[Person, str]:
    fact = PeopleFetchStopped(trouble="too_many_gone", count=42)
    reader = admin(firm)
    run_unit(partial(record, fact, actor=CLOCK, subject=("people_fetch", 1)))
    return reader, fact.kind


SCENES: dict[str, Scene] = {
    "mailbox_failing": about_mailbox(MailboxFailing(trouble="login_refused")),
    "people_fetch_stopped": fetch_stopped,
    "secret_ending": secret_ending,
    "webhook_off": webhook_off,
    "mailbox_silent": about_mailbox(MailboxSilent(hours=52)),
    "too_large": too_large,
}
