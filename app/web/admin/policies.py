"""`/admin/sla`: policies with their targets; calendars stand beside them in calendars.py."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.accounts.queries import organisation_choices, team_choices
from app.core.actor import Actor
from app.core.language import _
from app.sla import policy_queries
from app.sla.access import policy_for
from app.sla.actions import policies as actions
from app.sla.policies import DEFAULT_TARGETS
from app.sla.queries import calendar_of, targets_of
from app.sla.schemas import CLOCKS, PRIORITIES, PolicyCommand, Removal, target_field
from app.web.admin.categories import priority_choices
from app.web.admin.door import door
from app.web.kit import page
from app.web.kit.forms import Form

OWN_FIELDS = ("name", "calendar_id", "pauses_for_third_party", "warn_percent", "is_default", "version")


@door.page("/admin/sla", allow="admin.sla")
def sla(_actor: Actor) -> str:
    """Every policy and every calendar, each policy with its live example."""
    rows = policy_queries.policies()
    calendars = policy_queries.calendars()
    by_id = {calendar.id: calendar for calendar in calendars}
    return page.render(
        "admin/sla.html",
        rows=rows,
        calendars=calendars,
        priorities=priority_choices(),
        targets={
            row.policy.id: {w: targets_of(pair) for w, pair in row.policy.targets.items()} for row in rows
        },
        examples={
            row.policy.id: policy_queries.friday_example(
                calendar_of(by_id[row.policy.calendar_id]), targets_of(row.policy.targets["high"]).response
            )
            for row in rows
        },
    )


def hours(amount: timedelta) -> str:
    """``4:00``: a target as its form writes it."""
    minutes = int(amount.total_seconds() // 60)
    return f"{minutes // 60}:{minutes % 60:02d}"


def _form_page(actor: Actor, form: Form[Any], policy_id: int = 0) -> str:
    return page.render(
        "admin/policy.html",
        form=form,
        policy=policy_for(actor, policy_id) if policy_id else None,
        calendars=[(calendar.id, calendar.name) for calendar in policy_queries.calendars()],
        priorities=priority_choices(),
        clocks=CLOCKS,
        target_field=target_field,
        teams=team_choices(actor),
        organisations=organisation_choices(),
    )


@door.page("/admin/sla/policies/new", allow="admin.sla")
def new_policy(actor: Actor) -> str:
    """The form with the usual targets."""
    usual = {
        target_field(word, kind): hours(getattr(DEFAULT_TARGETS[word], kind))
        for word in PRIORITIES
        for kind in CLOCKS
    }
    return _form_page(actor, Form(usual | {"warn_percent": 75}))


@door.deed("/admin/sla/policies/new", allow="admin.sla", takes=PolicyCommand, again=_form_page)
def create_policy(actor: Actor, command: PolicyCommand) -> Any:
    """Make a policy."""
    made = actions.create(command, actor=actor)
    page.say(_("“%(name)s” was saved.", name=made.name))
    return page.go("admin.sla")


@door.page("/admin/sla/policies/<int:policy_id>", allow="admin.sla")
def policy(actor: Actor, policy_id: int) -> str:
    """One policy."""
    found = policy_for(actor, policy_id)
    values: dict[str, Any] = {name: getattr(found, name) for name in OWN_FIELDS}
    for word, pair in found.targets.items():
        values |= {target_field(word, kind): hours(getattr(targets_of(pair), kind)) for kind in CLOCKS}
    values["team_ids"], values["organisation_ids"] = policy_queries.scopes_of(policy_id)
    return _form_page(actor, Form(values), policy_id)


@door.deed("/admin/sla/policies/<int:policy_id>", allow="admin.sla", takes=PolicyCommand, again=_form_page)
def change_policy(actor: Actor, command: PolicyCommand, policy_id: int) -> Any:
    """Save a policy."""
    changed = actions.change(policy_id, command, actor=actor)
    page.say(_("“%(name)s” was saved.", name=changed.name))
    return page.go("admin.sla")


def _removal_page(actor: Actor, form: Form[Any], policy_id: int) -> str:
    return page.render("admin/policy_delete.html", form=form, policy=policy_for(actor, policy_id))


@door.page("/admin/sla/policies/<int:policy_id>/delete", allow="admin.sla")
def policy_removal(actor: Actor, policy_id: int) -> str:
    """What deleting a policy means, and the field for its name."""
    return _removal_page(actor, Form({"version": policy_for(actor, policy_id).version}), policy_id)


@door.deed(
    "/admin/sla/policies/<int:policy_id>/delete", allow="admin.sla", takes=Removal, again=_removal_page
)
def delete_policy(actor: Actor, command: Removal, policy_id: int) -> Any:
    """Delete a policy that nothing uses."""
    actions.delete(policy_id, command, actor=actor)
    page.say(_("“%(name)s” was deleted.", name=command.name))
    return page.go("admin.sla")
