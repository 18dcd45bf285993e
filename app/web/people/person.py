"""`/people/<id>`: one person, the record to edit, days away."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from flask import make_response
from werkzeug.wrappers import Response

from app.accounts import fetch_queries, further, keeping
from app.accounts.access import may_manage, may_name_managers, person_for, roles_to_give
from app.accounts.actions import absences
from app.accounts.actions import people as people_actions
from app.accounts.queries import (
    colleagues,
    count_sign_ins,
    is_away,
    names,
    organisation_choices,
    organisation_name,
    teams_of,
)
from app.accounts.schemas import Absence, ChangePerson
from app.accounts.words import LEVEL_NAMES, ROLE_NAMES, STAFF, TIME_ZONES, Need
from app.core import clock
from app.core.actor import Actor
from app.core.errors import Conflict
from app.core.language import _
from app.settings import microsoft
from app.web.kit import page
from app.web.kit.forms import Form
from app.web.kit.postage import mail_goes_out
from app.web.people.door import door


@door.page("/people/<int:person_id>", allow="people.list")
def person(actor: Actor, person_id: int) -> str:
    """Who this is, and what the reader may do about it."""
    found = person_for(actor, person_id, Need.SEE)
    managed = may_manage(actor, found)
    beside = names([found.deputy_id, found.manager_id])
    return page.render(
        "people/person.html",
        person=found,
        further=further.of_person(found.id),
        is_staff=found.role in STAFF,
        role_names=ROLE_NAMES,
        level_names=LEVEL_NAMES,
        teams=teams_of([found.id], actor).get(found.id, []),
        organisation=organisation_name(found.organisation_id),
        deputy=beside.get(found.deputy_id or 0),
        manager=beside.get(found.manager_id or 0),
        is_kept=keeping.is_kept(found.id),
        upn=_upn(found.id),
        absent_from=_day(found.absent_from),
        absent_until=_day(found.absent_until),
        away=is_away(found, clock.now().astimezone(page.formats().zone).date()),
        sign_ins=count_sign_ins(found.id) if managed else 0,
        managed=managed,
        may_change_role=managed and len(roles_to_give(actor)) > 1,
        shows_links=managed and actor.can("people.manage_admins") and not mail_goes_out(),
    )


def _upn(person_id: int) -> str:
    """The name somebody signs in with at Microsoft; nobody is asked about where that is not set up."""
    if microsoft.registration() is None:
        return ""
    return fetch_queries.upn_of([person_id]).get(person_id, "")


def _day(day: date | None) -> str:
    zone = page.formats().zone
    return page.formats().day(datetime.combine(day, time(12), zone)) if day else ""


def _edit_page(
    actor: Actor, form: Form[Any], person_id: int, clash: list[tuple[str, Any]] | None = None
) -> str:
    found = person_for(actor, person_id, Need.MANAGE)
    zones = TIME_ZONES if found.time_zone in TIME_ZONES else (found.time_zone, *TIME_ZONES)
    return page.render(
        "people/edit.html",
        form=form,
        person=found,
        zones=[(zone, zone.replace("_", " ")) for zone in zones],
        organisations=organisation_choices(),
        may_name_managers=may_name_managers(actor),
        clash=clash,
        is_kept=keeping.is_kept(found.id),
    )


@door.page("/people/<int:person_id>/edit", allow="people.manage")
def edit_person(actor: Actor, person_id: int) -> str:
    """The record as a form."""
    found = person_for(actor, person_id, Need.MANAGE)
    values = {name: getattr(found, name) for name in ChangePerson.model_fields}
    return _edit_page(actor, Form(values), person_id)


@door.deed("/people/<int:person_id>/edit", allow="people.manage", takes=ChangePerson, again=_edit_page)
def change_person(actor: Actor, command: ChangePerson, person_id: int) -> Any:
    """Save it; changed elsewhere meanwhile, both versions are shown."""
    found = person_for(actor, person_id, Need.MANAGE, lock=True)
    try:
        people_actions.change(found, command, actor=actor)
    except Conflict:
        return _clash(actor, command, person_id)
    page.say(_("The changes are saved."))
    return page.go("people.person", person_id=person_id)


def _clash(actor: Actor, command: ChangePerson, person_id: int) -> Response:
    found = person_for(actor, person_id, Need.MANAGE)
    typed = command.model_dump(exclude={"version"})
    other = [(name, getattr(found, name)) for name in typed if getattr(found, name) != typed[name]]
    form: Form[Any] = Form(typed | {"version": found.version})
    return make_response(_edit_page(actor, form, person_id, other), 409)


def _absence_page(actor: Actor, form: Form[Any], person_id: int) -> str:
    found = person_for(actor, person_id, Need.MANAGE)
    choices = [(one.id, one.full_name) for one in colleagues(actor, but=person_id)]
    return page.render("people/absence.html", form=form, person=found, colleagues=choices)


@door.page("/people/<int:person_id>/absence", allow="people.manage_agents")
def person_absence(actor: Actor, person_id: int) -> str:
    """When somebody is away and who stands in: for those who look after agents."""
    found = person_for(actor, person_id, Need.MANAGE)
    values = {name: getattr(found, name) for name in Absence.model_fields}
    return _absence_page(actor, Form(values), person_id)


@door.deed(
    "/people/<int:person_id>/absence", allow="people.manage_agents", takes=Absence, again=_absence_page
)
def change_person_absence(actor: Actor, command: Absence, person_id: int) -> Any:
    """Save it; empty fields take it back."""
    absences.change(person_for(actor, person_id, Need.MANAGE, lock=True), command, actor=actor)
    page.say(_("The changes are saved."))
    return page.go("people.person", person_id=person_id)
