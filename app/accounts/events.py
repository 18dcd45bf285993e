"""What can happen to people and teams."""

from app.events.kinds import Fact


class TeamCreated(Fact):
    kind = "team.created"
    name: str


class TeamChanged(Fact):
    kind = "team.changed"
    fields: list[str]


class MemberAdded(Fact):
    kind = "team.member_added"
    person_id: int


class MemberRemoved(Fact):
    kind = "team.member_removed"
    person_id: int


class OrganisationCreated(Fact):
    kind = "organisation.created"
    name: str


class PersonCreated(Fact):
    kind = "person.created"
    role: str
    how: str


class PersonChanged(Fact):
    kind = "person.changed"
    fields: list[str]
