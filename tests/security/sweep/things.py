"""What stands in an address: for each parameter something of one's own, something foreign, something missing."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.accounts.models import Membership, Person, SignIn
from app.accounts.words import TokenPurpose
from app.core import clock, links
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Delivery, Event
from app.events.words import DeliveryState
from app.sla.models import Policy, WorkCalendar
from app.tickets.actions import closing, rating
from app.tickets.models import Category, Participant, Ticket
from tests.security.sweep.routes import Line
from tests.security.sweep.stage import CUSTOMER, LEADER, STAFF, Stage, Variant, variants

NO_SUCH_ID = "999999999"
NO_SUCH_NUMBER = "TICKET-999999999"


@dataclass
class Asked:
    """Who asks for what, and what was made for it so far."""

    stage: Stage
    role: str
    line: Line
    made: dict[str, Any] = field(default_factory=dict)

    @property
    def ticket(self) -> Ticket:
        found: Ticket = self.made["number"]
        return found

    @property
    def person(self) -> Person:
        return self.stage.asker(self.role)


# own, foreign (None: nothing is foreign to whoever may ask at all), missing
Trio = tuple[str, str | None, str]
Maker = Callable[[Asked], Trio]
MAKERS: dict[tuple[str, str], Maker] = {}
FORM = "form"


def made_for(parameter: str, prefix: str = "/") -> Callable[[Maker], Maker]:
    """Say how the thing behind a parameter is made, for addresses that begin with the prefix."""

    def keep(maker: Maker) -> Maker:
        MAKERS[parameter, prefix] = maker
        return maker

    return keep


def maker_of(parameter: str, rule: str) -> Maker:
    """The maker with the longest fitting prefix.

    Raises:
        AssertionError: nobody has said yet what this parameter stands for.
    """
    fitting = [prefix for name, prefix in MAKERS if name == parameter and rule.startswith(prefix)]
    if not fitting:
        raise AssertionError(f"teach tests/security/sweep/things.py what <{parameter}> in {rule} stands for")
    return MAKERS[parameter, max(fitting, key=len)]


def ways(stage: Stage, line: Line, role: str) -> list[Variant]:
    """Every way in which a role can ask for a route, with fresh things in the address and in the form."""
    asked = Asked(stage, role, line)
    trios = {name: maker_of(name, line.rule)(asked) for name in line.parameters}
    if line.method == "POST" and line.takes is not None:
        in_form = [name for name in line.takes.model_fields if (name, FORM) in MAKERS]
        trios |= {name: MAKERS[name, FORM](asked) for name in in_form if name not in trios}
    own = {name: trio[0] for name, trio in trios.items()}
    return list(variants(own, {n: t[1] for n, t in trios.items()}, {n: t[2] for n, t in trios.items()}))


def in_the_form(line: Line, variant: Variant) -> dict[str, str]:
    """The things that a form names, not the address."""
    return {name: value for name, value in variant.things.items() if name not in line.parameters}


@made_for("ticket_id", FORM)
def _ticket_named(asked: Asked) -> Trio:
    own = asked.stage.team_ticket()
    return str(own.id), str(asked.stage.foreign_ticket().id), NO_SUCH_ID


@made_for("follows", FORM)
def _request_followed(asked: Asked) -> Trio:
    own = asked.stage.own_request(asked.role)
    return str(own.id), str(asked.stage.foreign_ticket().id), NO_SUCH_ID


@made_for("attachment_ids", FORM)
def _upload(asked: Asked) -> Trio:
    own, foreign = (asked.stage.upload(person) for person in (asked.person, asked.stage.neighbour))
    return str(own.id), str(foreign.id), NO_SUCH_ID


@made_for("number", "/portal")
def _request(asked: Asked) -> Trio:
    asked.made["number"] = ticket = asked.stage.own_request(asked.role)
    return ticket.number, asked.stage.foreign_ticket().number, NO_SUCH_NUMBER


@made_for("number", "/tickets")
def _ticket(asked: Asked) -> Trio:
    asked.made["number"] = ticket = asked.stage.team_ticket()
    return ticket.number, asked.stage.foreign_ticket().number, NO_SUCH_NUMBER


@made_for("number", "/tickets/<number>/restore")
def _deleted_ticket(asked: Asked) -> Trio:
    own, foreign, missing = _ticket(asked)
    ticket_id = asked.ticket.id
    run_unit(lambda: closing.delete(asked.stage.world.actor(asked.stage.people[LEADER]), ticket_id))
    return own, foreign, missing


@made_for("attachment_id", "/portal")
def _own_file(asked: Asked) -> Trio:
    own = asked.stage.file(asked.stage.own_request(asked.role))
    return str(own.id), str(asked.stage.file(asked.stage.foreign_ticket()).id), NO_SUCH_ID


@made_for("attachment_id", "/tickets")
def _team_file(asked: Asked) -> Trio:
    own = asked.stage.file(asked.stage.team_ticket())
    return str(own.id), str(asked.stage.file(asked.stage.foreign_ticket()).id), NO_SUCH_ID


@made_for("entry_id", "/tickets")
def _entry(asked: Asked) -> Trio:
    author = asked.person if asked.role in STAFF else None
    return str(asked.stage.entry(asked.ticket, author).id), str(asked.stage.foreign_entry().id), NO_SUCH_ID


@made_for("scheduled_id", "/tickets")
def _scheduled(asked: Asked) -> Trio:
    stage, author = asked.stage, asked.person if asked.role in STAFF else asked.stage.people[LEADER]
    insider = stage.world.agent(teams=[stage.secret_team])
    foreign = stage.scheduled(stage.foreign_ticket(), insider)
    return str(stage.scheduled(asked.ticket, author).id), str(foreign.id), NO_SUCH_ID


@made_for("person_id", "/portal/tickets")
@made_for("person_id", "/tickets")
def _participant(asked: Asked) -> Trio:
    guest = asked.stage.world.customer()
    row = Participant(ticket_id=asked.ticket.id, person_id=guest.id, created_at=clock.now())
    run_unit(lambda: db.session.add(row))
    return str(guest.id), str(asked.stage.neighbour.id), NO_SUCH_ID


@made_for("person_id", "/people")
def _somebody(asked: Asked) -> Trio:
    about_agents = asked.line.allow == "people.manage_agents"
    other = asked.stage.colleague() if about_agents else asked.stage.world.customer()
    asked.made["person_id"] = other
    return str(other.id), None, NO_SUCH_ID


@made_for("address_id", "/people")
def _further_address(asked: Asked) -> Trio:
    return _address_of(asked, asked.made["person_id"]), _address_of(asked, asked.stage.neighbour), NO_SUCH_ID


@made_for("address_id", "/auth/addresses")
def _own_address(asked: Asked) -> Trio:
    return _address_of(asked, asked.person), _address_of(asked, asked.stage.neighbour), NO_SUCH_ID


def _address_of(asked: Asked, person: Person) -> str:
    return str(asked.stage.world.further(person, f"{secrets.token_hex(6)}@privat.example").id)


@made_for("person_id", "/api/v1/users/<id:person_id>/avatar")
@made_for("person_id", "/auth/avatar")
def _picture(asked: Asked) -> Trio:
    own = asked.stage.picture_of(asked.person)
    other = asked.stage.picture_of(asked.stage.neighbour)
    return str(own.id), str(other.id) if asked.role == CUSTOMER else None, NO_SUCH_ID


@made_for("person_id", "/admin/teams")
def _member(asked: Asked) -> Trio:
    member = asked.stage.colleague()
    team_id = int(asked.made["team_id"])
    if not db.session.get(Membership, (team_id, member.id)):
        run_unit(lambda: db.session.add(Membership(team_id=team_id, person_id=member.id)))
    return str(member.id), str(asked.stage.neighbour.id), NO_SUCH_ID


@made_for("team_id")
def _team(asked: Asked) -> Trio:
    asked.made["team_id"] = str(asked.stage.world.team.id)
    return asked.made["team_id"], None, NO_SUCH_ID


@made_for("token", "/rate")
def _rating_link(asked: Asked) -> Trio:
    ticket = asked.stage.own_request(CUSTOMER)
    for_something_else = links.seal("export", f"{ticket.id}.{ticket.requester_id}", timedelta(days=1))
    return rating.link_for(ticket).rsplit("/", 1)[-1], for_something_else, "1~2~3"


@made_for("token", "/auth/confirm")
def _confirmation(asked: Asked) -> Trio:
    return asked.stage.link(TokenPurpose.CONFIRM)[1], asked.stage.link(TokenPurpose.RESET)[1], "x" * 43


@made_for("token", "/auth/password/reset")
def _reset(asked: Asked) -> Trio:
    return asked.stage.link(TokenPurpose.RESET)[1], asked.stage.link(TokenPurpose.CONFIRM)[1], "x" * 43


@made_for("token_id", "/admin/links")
def _open_link(asked: Asked) -> Trio:
    return str(asked.stage.link(TokenPurpose.WELCOME)[0]), None, NO_SUCH_ID


@made_for("sign_in_id", "/auth/sign-ins")
def _sign_in(asked: Asked) -> Trio:
    asked.stage.world.browser(asked.person)
    asked.stage.world.browser(asked.stage.neighbour)
    return _newest_sign_in(asked.person), _newest_sign_in(asked.stage.neighbour), NO_SUCH_ID


def _newest_sign_in(person: Person) -> str:
    query = sa.select(sa.func.max(SignIn.id)).where(SignIn.person_id == person.id)
    return str(db.session.scalars(query).one())


@made_for("delivery_id", "/admin/deliveries")
def _delivery(asked: Asked) -> Trio:
    asked.stage.team_ticket()
    event = db.session.scalars(sa.select(sa.func.max(Event.id))).one()
    row = Delivery(
        event_id=event,
        consumer="email",
        target=f"sample-{asked.role}",
        state=DeliveryState.DEAD,
        created_at=clock.now(),
        since=clock.now(),
    )
    run_unit(lambda: db.session.add(row))
    return str(row.id), None, NO_SUCH_ID


@made_for("category_id", "/admin")
def _category(asked: Asked) -> Trio:
    return _first(Category.id), None, NO_SUCH_ID


@made_for("policy_id", "/admin")
def _policy(asked: Asked) -> Trio:
    return _first(Policy.id), None, NO_SUCH_ID


@made_for("calendar_id", "/admin")
def _calendar(asked: Asked) -> Trio:
    return _first(WorkCalendar.id), None, NO_SUCH_ID


@made_for("key", "/admin/sla/calendars")
def _calendar_or_new(asked: Asked) -> Trio:
    return "new", None, "no-such-calendar"


@made_for("kind", "/admin/mail/texts")
def _mail(asked: Asked) -> Trio:
    return "reply", None, "no-such-mail"


@made_for("organisation_id", "/admin")
def _organisation(asked: Asked) -> Trio:
    made = asked.stage.organisation()
    return str(made.id), None, NO_SUCH_ID


def _first(column: Any) -> str:
    return str(db.session.scalars(sa.select(sa.func.min(column))).one())


from tests.security.sweep import brought, called, hooked, mailboxes, mailed  # noqa: E402, F401 - its makers belong to these, and use what stands above
