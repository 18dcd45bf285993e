"""Who hears of what, by which way: the one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from app.accounts.words import CardKind
from app.events.models import Event
from app.notifications.conditions import (
    answered_by_customer,
    answered_by_staff,
    concerns_house,
    concerns_person,
    critical,
    may_be_acknowledged,
    public_reply,
    reopened_alone,
    told_alone,
    waits_for_somebody,
    worth_a_card,
    worth_telling,
)
from app.notifications.scene import Scene
from app.notifications.words import Side, Topic, Way


class Who(StrEnum):
    """The parts people play."""

    SUBJECT = "subject"
    REQUESTER = "requester"
    PARTICIPANTS = "participants"
    ASSIGNEE = "assignee"
    NEW_ASSIGNEE = "new_assignee"
    OLD_ASSIGNEE = "old_assignee"
    WATCHERS = "watchers"
    MEMBERS = "members"
    LEADERS = "leaders"
    ADMINS = "admins"
    AUTHOR = "author"  # whoever wrote the scheduled reply
    SENDER = "sender"
    CHANNEL = "channel"  # the team's channel in Teams: no person
    TEAM_LEADERS = "team_leaders"  # of the team the event is about


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table.

    ``also_doer``: told even to whoever did it (the receipt of a request).
    """

    topic: Topic
    who: tuple[Who, ...]
    ways: tuple[Way, ...]
    when: Callable[[Event, Scene], bool] = lambda _event, _scene: True
    also_doer: bool = False


BELL, MAIL, BOTH, CARD = (Way.BELL,), (Way.EMAIL,), (Way.BELL, Way.EMAIL), (Way.TEAMS,)
ALL = (*BOTH, *CARD)
ASKERS = (Who.REQUESTER, Who.PARTICIPANTS)
WORKERS = (Who.ASSIGNEE, Who.WATCHERS)
CHANGES = (Rule(Topic.CHANGES, WORKERS, BELL),)
DEADLINE = (
    Rule(Topic.DEADLINE, (Who.ASSIGNEE, Who.LEADERS), ALL),
    Rule(Topic.CHANGES, (Who.WATCHERS,), BELL),
    Rule(Topic.DEADLINE, (Who.CHANNEL,), CARD),
)
ACCOUNT = (Rule(Topic.ACCOUNT, (Who.SUBJECT,), MAIL, also_doer=True),)
MAILBOX = (Rule(Topic.ACCOUNT, (Who.ADMINS,), MAIL),)

TABLE: dict[str, tuple[Rule, ...]] = {
    "ticket.opened": (
        Rule(Topic.RECEIVED, (Who.REQUESTER,), MAIL, may_be_acknowledged, also_doer=True),
        Rule(Topic.CRITICAL, (Who.LEADERS,), BOTH, critical),
        Rule(Topic.NEW_TICKET, (Who.MEMBERS,), BOTH, waits_for_somebody),
        Rule(Topic.CRITICAL, (Who.CHANNEL,), CARD, critical),
    ),
    "ticket.reply_added": (
        Rule(Topic.REPLY, ASKERS, MAIL, public_reply),
        Rule(Topic.CUSTOMER_REPLY, WORKERS, ALL, answered_by_customer),
        Rule(Topic.CUSTOMER_REPLY, (Who.MEMBERS,), BOTH, waits_for_somebody),
        Rule(Topic.TEAM_REPLY, WORKERS, BOTH, answered_by_staff),
    ),
    "ticket.reply_stopped": (Rule(Topic.NOT_SENT, (Who.AUTHOR,), BOTH),),
    "ticket.reply_unscheduled": (Rule(Topic.NOT_SENT, (Who.AUTHOR,), BELL),),
    "ticket.note_added": (Rule(Topic.NOTE, WORKERS, BELL),),
    "ticket.status_changed": (
        Rule(Topic.PROGRESS, ASKERS, MAIL, worth_telling),
        Rule(Topic.REOPENED, (Who.ASSIGNEE,), BOTH, reopened_alone),
        Rule(Topic.CHANGES, WORKERS, BELL, told_alone),
    ),
    "ticket.assigned": (
        Rule(Topic.ASSIGNED, (Who.NEW_ASSIGNEE,), ALL),
        Rule(Topic.CHANGES, (Who.OLD_ASSIGNEE, Who.WATCHERS), BELL),
        Rule(Topic.ASSIGNED, (Who.CHANNEL,), CARD, worth_a_card),
    ),
    "ticket.nobody_free": (
        Rule(Topic.NOBODY_FREE, (Who.LEADERS,), BOTH),
        Rule(Topic.NOBODY_FREE, (Who.CHANNEL,), CARD),
    ),
    "ticket.team_changed": (*CHANGES, Rule(Topic.NEW_TICKET, (Who.MEMBERS,), BOTH, waits_for_somebody)),
    "ticket.category_changed": CHANGES,
    "ticket.priority_changed": CHANGES,
    "ticket.title_changed": CHANGES,
    "ticket.escalated": (
        Rule(Topic.ESCALATED, (Who.ASSIGNEE, Who.LEADERS), ALL),
        Rule(Topic.CHANGES, (Who.WATCHERS,), BELL),
        Rule(Topic.ESCALATED, (Who.CHANNEL,), CARD),
    ),
    "ticket.deadline_warned": DEADLINE,
    "ticket.deadline_breached": DEADLINE,
    "ticket.rated": (Rule(Topic.RATED, (Who.ASSIGNEE,), BELL),),
    "mail.bounced": (Rule(Topic.CHANGES, (Who.ASSIGNEE,), BELL),),
    "mail.too_large": (Rule(Topic.RECEIVED, (Who.SENDER,), MAIL),),
    "mailbox.failing": MAILBOX,
    "mailbox.silent": MAILBOX,
    "mailbox.secret_ending": MAILBOX,
    "notification.channel_off": (
        Rule(Topic.ACCOUNT, (Who.ADMINS, Who.TEAM_LEADERS), MAIL, concerns_house),
        Rule(Topic.ACCOUNT, (Who.SUBJECT,), MAIL, concerns_person),
    ),
    "notification.day_of_team": (Rule(Topic.DAILY, (Who.CHANNEL,), CARD),),
    "people.fetch_stopped": MAILBOX,
    "person.welcomed": ACCOUNT,
    "registration.started": ACCOUNT,
    "password.reset_requested": ACCOUNT,
    "password.changed": ACCOUNT,
    "password.not_needed": ACCOUNT,
    "email.change_requested": ACCOUNT,
    "email.changed": ACCOUNT,
    "email.further_requested": ACCOUNT,
    "email.further_added": ACCOUNT,
    "email.further_removed": ACCOUNT,
    "api_key.created": ACCOUNT,
    "totp.enrolled": ACCOUNT,
    "totp.removed": ACCOUNT,
    "totp.codes_renewed": ACCOUNT,
    "webhook.switched_off": MAILBOX,
}
ALONE = frozenset({Who.SUBJECT, Who.ADMINS, Who.SENDER, Who.TEAM_LEADERS})  # told about no ticket
# What a team chooses from on its page.
CARD_KINDS: dict[str, CardKind] = {
    "ticket.opened": CardKind.CRITICAL,
    "ticket.assigned": CardKind.ASSIGNMENT,
    "ticket.escalated": CardKind.ESCALATION,
    "ticket.deadline_warned": CardKind.WARNING,
    "ticket.deadline_breached": CardKind.BREACH,
    "ticket.nobody_free": CardKind.NOBODY_FREE,
    "notification.day_of_team": CardKind.DAILY,
}
SIDES = {
    Who.REQUESTER: Side.REQUESTER,
    Who.PARTICIPANTS: Side.REQUESTER,
    **dict.fromkeys(ALONE, Side.SELF),
}
