"""What can happen to policies and calendars."""

from app.events.kinds import Fact


class PolicyCreated(Fact):
    kind = "sla.policy_created"
    name: str


class PolicyChanged(Fact):
    kind = "sla.policy_changed"
    fields: list[str]


class CalendarCreated(Fact):
    kind = "sla.calendar_created"
    name: str


class CalendarChanged(Fact):
    kind = "sla.calendar_changed"
    fields: list[str]


class PolicyDeleted(Fact):
    kind = "sla.policy_deleted"
    name: str


class CalendarDeleted(Fact):
    kind = "sla.calendar_deleted"
    name: str
