"""The words agents read: statuses, priorities, clocks, channels, made once for a request."""

from __future__ import annotations

from datetime import datetime

from babel import dates

from app.accounts.words import LEVEL_NAMES
from app.core import clock
from app.core.formats import Formats
from app.core.language import Lazy, _, language, pgettext
from app.sla.words import HOLIDAY_PREFIX, ClockKind, Reason
from app.tickets.words import Channel, Priority, Status
from app.tickets.workflow import MOVES
from app.web.tickets.schemas import Step

STEP_NAMES: dict[Step, Lazy] = {
    Step.OPEN: Lazy("New", "ticket status"),
    Step.IN_PROGRESS: Lazy("In progress", "ticket status"),
    Step.PENDING_CUSTOMER: Lazy("Waiting for customer", "ticket status"),
    Step.PENDING_THIRD_PARTY: Lazy("Waiting for third party", "ticket status"),
    Step.RESOLVED: Lazy("Resolved", "ticket status"),
    Step.CLOSED: Lazy("Closed", "ticket status"),
}
STATUS_NAMES: dict[Status, Lazy] = {
    Status.OPEN: STEP_NAMES[Step.OPEN],
    Status.IN_PROGRESS: STEP_NAMES[Step.IN_PROGRESS],
    Status.PENDING: Lazy("Waiting", "ticket status"),
    Status.RESOLVED: STEP_NAMES[Step.RESOLVED],
    Status.CLOSED: STEP_NAMES[Step.CLOSED],
}
PRIORITY_NAMES: dict[Priority, Lazy] = {
    Priority.CRITICAL: Lazy("Critical", "priority"),
    Priority.HIGH: Lazy("High", "priority"),
    Priority.MEDIUM: Lazy("Medium", "priority"),
    Priority.LOW: Lazy("Low", "priority"),
}
CLOCK_NAMES: dict[ClockKind, Lazy] = {
    ClockKind.RESPONSE: Lazy("First response"),
    ClockKind.RESOLUTION: Lazy("Resolution"),
}
CHANNELS: dict[Channel, Lazy] = {
    Channel.WEB: Lazy("by portal"),
    Channel.EMAIL: Lazy("by e-mail"),
    Channel.API: Lazy("by interface"),
    Channel.CHAT: Lazy("by chat"),
    Channel.AGENT: Lazy("taken down by an agent"),
    Channel.TEAMS: Lazy("by Teams"),
}
NEW_CHANNELS: dict[Channel, Lazy] = {
    Channel.AGENT: Lazy("Phone or in person"),
    Channel.EMAIL: Lazy("E-mail"),
    Channel.CHAT: Lazy("Chat"),
    Channel.TEAMS: Lazy("Teams"),
}
LEVELS = LEVEL_NAMES


def next_steps(step: Step) -> list[Step]:
    """Where a ticket may go from here, and where it is."""
    possible = MOVES[step.status]
    return [one for one in Step if one.status in possible or one.status is step.status]


def short_moment(fmt: Formats, at: datetime) -> str:
    """``11:12`` today · ``Fr., 14:30`` within six days · ``3. Dez., 9:00`` otherwise, with a far year."""
    local, today = at.astimezone(fmt.zone), clock.now().astimezone(fmt.zone).date()
    days = (local.date() - today).days
    if days == 0:
        return fmt.time(at)
    if abs(days) < 7:
        return f"{fmt.weekday(at)}, {fmt.time(at)}"
    pattern = "d. MMM" if language() == "de" else "d MMM"
    if local.year != today.year:
        return str(dates.format_date(local, f"{pattern} y", locale=language()))
    return f"{dates.format_date(local, pattern, locale=language())}, {fmt.time(at)}"


def priority_reason(rules: list[dict[str, str]]) -> str:
    """Why a ticket has its priority, in one line."""
    return " · ".join(_rule(rule["rule"], rule.get("value", "")) for rule in rules)


def _rule(rule: str, value: str) -> str:
    if rule == "word":
        return _("the text says “%(word)s”", word=value)
    if rule == "impact" and value in set(Priority):
        return _("stated impact: %(impact)s", impact=str(PRIORITY_NAMES[Priority(value)]))
    known = {
        "category": _("default of the category"),
        "vip": _("requester is served first"),
        "by_hand": _("chosen by hand"),
        "base": _("standard request"),
    }
    return known.get(rule, value or rule)


def assign_reason(reason: dict[str, object]) -> str:
    """Why somebody has the ticket, or why nobody has; empty when there is nothing to say."""
    rule = reason.get("rule")
    if rule == "idlest":
        return _("chosen automatically: fewest open tickets of %(n)s who fit", n=reason.get("of", 1))
    if rule == "nobody":
        return _("nobody with level %(level)s or higher is free", level=reason.get("level", 1))
    known = {
        "taken": _("taken"),
        "by_hand": _("assigned by hand"),
        "released": _("given back to the team"),
    }
    return known.get(str(rule), "")


def clock_reason(reason: str) -> str:
    """Why a clock ran or stood still."""
    if reason.startswith(HOLIDAY_PREFIX):
        return _("public holiday: %(name)s", name=reason.removeprefix(HOLIDAY_PREFIX))
    known: dict[str, str] = {
        Reason.OPEN: pgettext("clock", "running"),
        Reason.PENDING_CUSTOMER: pgettext("clock", "paused: waiting for the customer"),
        Reason.PENDING_THIRD_PARTY: pgettext("clock", "paused: waiting for a third party"),
        Reason.RESOLVED: pgettext("clock", "paused: resolved"),
        Reason.OUTSIDE_HOURS: pgettext("clock", "outside working hours"),
    }
    return known.get(reason, reason)
