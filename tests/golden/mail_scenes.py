"""What has to happen for each mail to be written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import time_machine

from app.accounts import tokens
from app.accounts.actors import SHELL, actor_for_person
from app.accounts.events import (
    EmailChanged,
    EmailChangeRequested,
    PasswordChanged,
    PasswordNotNeeded,
    PasswordResetRequested,
    PersonWelcomed,
    RecoveryCodesRenewed,
    RegistrationStarted,
    SecondFactorEnrolled,
    SecondFactorRemoved,
)
from app.accounts.models import Person
from app.accounts.words import TokenPurpose
from app.core.db import db
from app.core.uow import run_unit
from app.events.kinds import Fact
from app.events.log import record
from app.settings.actions import change
from app.settings.schemas import Site
from app.tickets.actions import assigning, clock, escalating, scheduling, triage
from app.tickets.actions.files import StoredFile, receive
from app.tickets.schemas import Escalation, LaterReply, StatusMove
from app.tickets.words import PendingReason, Status
from tests.support.world import World

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class Firm:
    """One of each: a requester, an agent, a leader; all read the same language."""

    def __init__(self, world: World, language: str, traveller: time_machine.Traveller) -> None:
        self.world, self.traveller = world, traveller
        site = Site(title="IT-Hilfe", support_email="hilfe@firma.example", support_phone="030 1234")
        run_unit(partial(change, site, actor=SHELL))
        self.customer = world.customer(first_name="Mia", last_name="Muster", language=language)
        self.agent = world.agent(first_name="Jonas", last_name="Weber", language=language, support_level=3)
        self.leader = world.leader(first_name="Lea", last_name="Hoffmann", language=language)

    def ticket(self, **values: Any) -> Any:
        return self.world.ticket(self.customer, **values)

    def put(self, thing: Any, **values: Any) -> None:
        """Change columns of a row."""

        def work() -> None:
            row = db.session.get_one(type(thing), thing.id)
            for name, value in values.items():
                setattr(row, name, value)

        run_unit(work)

    def moved(self, ticket: Any, status: Status, reason: PendingReason | None = None) -> None:
        move = StatusMove(status=status, pending_reason=reason)
        run_unit(partial(triage.change_status, self.world.actor(self.agent), ticket.id, move))

    def record(self, fact: Fact, person: Person) -> None:
        actor = actor_for_person(person)
        run_unit(partial(record, fact, actor=actor, subject=("person", person.id)))


# Makes something happen; returns who gets the mail, the kind of event, and for changes of address which mailbox.
Scene = Callable[[Firm], tuple[Any, ...]]


def received(firm: Firm) -> tuple[Any, ...]:
    firm.ticket()
    return firm.customer, "ticket.opened"


def received_neutral(firm: Firm) -> tuple[Any, ...]:
    firm.customer = firm.world.customer(
        first_name="",
        last_name="",
        language=firm.customer.language,
        verified_at=None,
        email="wer@fremd.example",
    )
    firm.ticket(title="Beleidigung", description="Beleidigung")
    return firm.customer, "ticket.opened"


def reply(firm: Firm) -> tuple[Any, ...]:
    ticket = firm.ticket()
    actor = firm.world.actor(firm.agent)
    file = StoredFile("0" * 64, 34_567, "Anleitung für Drucker.pdf", "application/pdf")
    attachment = run_unit(partial(receive, file, actor=actor, scanned=True))
    steps = "1. Papier einlegen\n2. [Anleitung](https://firma.example/a?b=1&c=2) lesen"
    body = f"Guten Tag,\n\nbitte **so** vorgehen:\n\n{steps}"
    firm.world.say(firm.agent, ticket, body, attachment_ids=[attachment.id])
    return firm.customer, "ticket.reply_added"


def reply_that_resolves(firm: Firm) -> tuple[Any, ...]:
    ticket = firm.ticket()
    firm.world.say(firm.agent, ticket, "Ein Kabel war lose.", then=Status.RESOLVED)
    return firm.customer, "ticket.reply_added"


def reply_that_asks(firm: Firm) -> tuple[Any, ...]:
    ticket = firm.ticket()
    reason = PendingReason.CUSTOMER
    firm.world.say(firm.agent, ticket, "Welches Modell ist es?", then=Status.PENDING, pending_reason=reason)
    return firm.customer, "ticket.reply_added"


def progress(status: Status, reason: PendingReason | None = None) -> Scene:
    def scene(firm: Firm) -> tuple[Any, ...]:
        ticket = firm.ticket()
        if status is Status.IN_PROGRESS:
            firm.moved(ticket, Status.PENDING)
        firm.moved(ticket, status, reason)
        return firm.customer, "ticket.status_changed"

    return scene


def opened_again(firm: Firm) -> tuple[Any, ...]:
    ticket = firm.ticket()
    firm.moved(ticket, Status.CLOSED)
    run_unit(partial(triage.reopen, firm.world.actor(firm.agent), ticket.id))
    return firm.customer, "ticket.status_changed"


def new_ticket(firm: Firm) -> tuple[Any, ...]:
    firm.put(firm.world.team, auto_assign=False)
    firm.ticket()
    return firm.agent, "ticket.opened"


def critical(firm: Firm) -> tuple[Any, ...]:
    firm.ticket(title="Serverausfall", description="Nichts geht mehr.\nAlle warten.")
    return firm.leader, "ticket.opened"


def assigned(firm: Firm) -> tuple[Any, ...]:
    firm.ticket()
    return firm.agent, "ticket.assigned"


def assigned_by_leader(firm: Firm) -> tuple[Any, ...]:
    colleague = firm.world.agent(first_name="Anna", last_name="Berger", language=firm.customer.language)
    ticket = firm.ticket()
    run_unit(partial(assigning.assign, firm.world.actor(firm.leader), ticket.id, colleague.id))
    return colleague, "ticket.assigned"


def assigned_in_absence(firm: Firm) -> tuple[Any, ...]:
    deputy = firm.world.agent(first_name="Anna", last_name="Berger", language=firm.customer.language)
    firm.put(firm.agent, absent_from=START.date(), deputy_id=deputy.id)
    ticket = firm.ticket()
    run_unit(partial(assigning.assign, firm.world.actor(firm.leader), ticket.id, firm.agent.id))
    return deputy, "ticket.assigned"


def customer_reply(firm: Firm) -> tuple[Any, ...]:
    ticket = firm.ticket()
    firm.world.say(firm.customer, ticket, "Es ist das Modell 4711.")
    return firm.agent, "ticket.reply_added"


def team_reply(firm: Firm) -> tuple[Any, ...]:
    ticket = firm.ticket()
    firm.world.say(firm.leader, ticket, "Ich habe schon etwas dazu gesagt.")
    return firm.agent, "ticket.reply_added"


def not_sent(firm: Firm) -> tuple[Any, ...]:
    ticket = firm.ticket()
    later = LaterReply(body="Ist es jetzt gut?", due_at=START + timedelta(hours=2))
    run_unit(partial(scheduling.schedule, firm.world.actor(firm.agent), ticket.id, later))
    firm.world.say(firm.customer, ticket, "Es hat sich erledigt.")
    return firm.agent, "ticket.reply_stopped"


def reopened(firm: Firm) -> tuple[Any, ...]:
    ticket = firm.ticket()
    firm.moved(ticket, Status.RESOLVED)
    run_unit(partial(triage.reopen, firm.world.actor(firm.customer), ticket.id))
    return firm.agent, "ticket.status_changed"


def escalated(firm: Firm) -> tuple[Any, ...]:
    ticket = firm.ticket()
    command = Escalation(level=3, reason="Braucht jemanden mit <Netz>kenntnissen & Zeit")
    run_unit(partial(escalating.escalate, firm.world.actor(firm.agent), ticket.id, command))
    return firm.leader, "ticket.escalated"


def nobody_free(firm: Firm) -> tuple[Any, ...]:
    firm.put(firm.agent, is_active=False)
    firm.ticket(title="Serverausfall")
    return firm.leader, "ticket.nobody_free"


def deadline(hours: int, kind: str) -> Scene:
    def scene(firm: Firm) -> tuple[Any, ...]:
        firm.ticket()
        firm.traveller.move_to(START + timedelta(hours=hours))
        clock.check_due()
        return firm.agent, kind

    return scene


def with_token(purpose: TokenPurpose, fact: Callable[[int], Fact], mailbox: str = "", **values: str) -> Scene:
    def scene(firm: Firm) -> tuple[Any, ...]:
        token = run_unit(lambda: tokens.issue(firm.customer.id, purpose, **values))
        made = fact(token.id)
        firm.record(made, firm.customer)
        return firm.customer, made.kind, mailbox

    return scene


def password_changed(firm: Firm) -> tuple[Any, ...]:
    firm.record(PasswordChanged(how="changed", ended_sign_ins=1), firm.customer)
    return firm.customer, "password.changed"


def about_the_account(fact: Fact) -> Scene:
    def scene(firm: Firm) -> tuple[Any, ...]:
        firm.record(fact, firm.customer)
        return firm.customer, fact.kind

    return scene


def reset(how: str) -> Scene:
    return with_token(TokenPurpose.RESET, lambda token: PasswordResetRequested(token_id=token, how=how))


ADDRESSES = {"detail": "mia.neu@firma.example", "former": "mia.alt@firma.example"}
SCENES: dict[str, Scene] = {
    "received": received,
    "received_neutral": received_neutral,
    "reply": reply,
    "reply_that_resolves": reply_that_resolves,
    "reply_that_asks": reply_that_asks,
    "progress_in_progress": progress(Status.IN_PROGRESS),
    "progress_waits_for_customer": progress(Status.PENDING, PendingReason.CUSTOMER),
    "progress_waits_for_others": progress(Status.PENDING, PendingReason.THIRD_PARTY),
    "progress_resolved": progress(Status.RESOLVED),
    "progress_closed": progress(Status.CLOSED),
    "progress_opened_again": opened_again,
    "new_ticket": new_ticket,
    "critical": critical,
    "assigned": assigned,
    "assigned_by_leader": assigned_by_leader,
    "assigned_in_absence": assigned_in_absence,
    "customer_reply": customer_reply,
    "team_reply": team_reply,
    "not_sent": not_sent,
    "reopened": reopened,
    "escalated": escalated,
    "nobody_free": nobody_free,
    "deadline_warned": deadline(7, "ticket.deadline_warned"),
    "deadline_breached": deadline(9, "ticket.deadline_breached"),
    "welcome": with_token(TokenPurpose.WELCOME, lambda token: PersonWelcomed(token_id=token)),
    "confirm": with_token(TokenPurpose.CONFIRM, lambda token: RegistrationStarted(token_id=token)),
    "reset_forgotten": reset("forgotten"),
    "reset_registered_again": reset("registered_again"),
    "reset_by_staff": reset("by_staff"),
    "password_changed": password_changed,
    "password_not_needed": about_the_account(PasswordNotNeeded()),
    "second_factor_on": about_the_account(SecondFactorEnrolled(ended_sign_ins=1)),
    "second_factor_off": about_the_account(SecondFactorRemoved(ended_sign_ins=1)),
    "second_factor_off_by_staff": about_the_account(SecondFactorRemoved(ended_sign_ins=1, by_staff=True)),
    "recovery_codes": about_the_account(RecoveryCodesRenewed(ended_sign_ins=1)),
    "email_confirm": with_token(
        TokenPurpose.CHANGE_EMAIL, lambda token: EmailChangeRequested(token_id=token), "new", **ADDRESSES
    ),
    "email_warning": with_token(
        TokenPurpose.CHANGE_EMAIL, lambda token: EmailChangeRequested(token_id=token), "old", **ADDRESSES
    ),
    "email_changed": with_token(
        TokenPurpose.CHANGE_EMAIL,
        lambda token: EmailChanged(token_id=token, how="confirmed"),
        "old",
        **ADDRESSES,
    ),
}
