"""Making, changing and deleting policies, and saying for whom they hold."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.accounts.models import Organisation, Team
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Invalid
from app.core.language import _
from app.core.uow import current_unit
from app.events.log import action, record
from app.sla import queries
from app.sla.access import check_may_change, policy_for
from app.sla.events import PolicyChanged, PolicyCreated, PolicyDeleted
from app.sla.models import Policy, ScopedPolicy, WorkCalendar
from app.sla.policies import Targets
from app.sla.schemas import PolicyCommand, Removal, target_field

# Form field, table it names rows of, and where that is kept.
SCOPES: tuple[tuple[str, Any, Any], ...] = (
    ("team_ids", Team, ScopedPolicy.team_id),
    ("organisation_ids", Organisation, ScopedPolicy.organisation_id),
)


@action
def create(command: PolicyCommand, *, actor: Actor) -> Policy:
    """A new policy with its targets and the teams and organisations it holds for.

    Raises:
        Forbidden: not an administrator.
        Invalid: the name is taken, a target is impossible, or a team or organisation has another policy.
    """
    check_may_change(actor)
    _check(command, None)
    made = Policy(**_values(command), is_default=False, version=1, created_at=clock.now())
    db.session.add(made)
    db.session.flush()
    _set_scopes(made.id, command)
    if command.is_default:
        _make_default(made)
    record(PolicyCreated(name=made.name), actor=actor, subject=("sla_policy", made.id))
    current_unit().after_commit.append(queries.forget)
    return made


@action
def change(policy_id: int, command: PolicyCommand, *, actor: Actor) -> Policy:
    """Change a policy; tickets follow when something next happens to them.

    Raises:
        Forbidden, NotFound, Invalid: as for :func:`create`.
        Conflict: somebody changed it meanwhile.
    """
    policy = policy_for(actor, policy_id, version=command.version, lock=True)
    _check(command, policy)
    values = _values(command)
    fields = [name for name, value in values.items() if getattr(policy, name) != value]
    for name in fields:
        setattr(policy, name, values[name])
    if _set_scopes(policy.id, command):
        fields.append("scopes")
    if command.is_default and not policy.is_default:
        _make_default(policy)
        fields.append("is_default")
    if not fields:
        return policy
    policy.version += 1
    record(PolicyChanged(fields=fields), actor=actor, subject=("sla_policy", policy.id))
    current_unit().after_commit.append(queries.forget)
    return policy


@action
def delete(policy_id: int, command: Removal, *, actor: Actor) -> None:
    """Delete a policy that nothing was ever measured by.

    Raises:
        Forbidden, NotFound: not an administrator, no such policy.
        Invalid: its name was not typed.
        Conflict: it is the default, tickets or categories name it, or somebody changed it meanwhile.
    """
    policy = policy_for(actor, policy_id, version=command.version, lock=True)
    if command.name != policy.name:
        raise Invalid({"name": _("Please type the name exactly as it stands here.")})
    if policy.is_default:
        raise Conflict(_("This is the default policy. Make another one the default first."))
    try:
        with db.session.begin_nested():  # who else names a policy stands on floors above; the database knows
            db.session.execute(sa.delete(ScopedPolicy).where(ScopedPolicy.policy_id == policy.id))
            db.session.delete(policy)
            db.session.flush()
    except IntegrityError as error:
        raise Conflict(
            _("Tickets or categories use this policy. It can be changed, but no longer deleted.")
        ) from error
    record(PolicyDeleted(name=command.name), actor=actor, subject=("sla_policy", policy_id))
    current_unit().after_commit.append(queries.forget)


def _values(command: PolicyCommand) -> dict[str, Any]:
    return {
        "name": command.name,
        "calendar_id": command.calendar_id,
        "targets": {word: _stored(targets) for word, targets in command.targets.items()},
        "pauses_for_third_party": command.pauses_for_third_party,
        "warn_percent": command.warn_percent,
    }


def _stored(targets: Targets) -> list[int]:
    return [int(targets.response.total_seconds()), int(targets.resolution.total_seconds())]


def _check(command: PolicyCommand, policy: Policy | None) -> None:
    problems: dict[str, str] = {}
    taken = db.session.scalar(sa.select(Policy.id).where(Policy.name == command.name))
    if taken is not None and (policy is None or taken != policy.id):
        problems["name"] = _("There is already a policy with this name.")
    if db.session.get(WorkCalendar, command.calendar_id) is None:
        problems["calendar_id"] = _("Please choose one of the given options.")
    for word, targets in command.targets.items():
        if targets.response > targets.resolution:
            problems[target_field(word, "response")] = _(
                "The first response is due no later than the resolution."
            )
    if policy is not None and policy.is_default and not command.is_default:
        problems["is_default"] = _("One policy must be the default. Make another one the default instead.")
    problems |= _scope_problems(command, policy.id if policy else 0)
    if problems:
        raise Invalid(problems)


def _scope_problems(command: PolicyCommand, own_id: int) -> dict[str, str]:
    problems = {}
    scopes = (
        ("team_ids", Team, ScopedPolicy.team_id),
        ("organisation_ids", Organisation, ScopedPolicy.organisation_id),
    )
    for field, model, column in scopes:
        wanted = set(getattr(command, field))
        if not wanted:
            continue
        there = set(db.session.scalars(sa.select(model.id).where(model.id.in_(wanted))))
        if wanted - there:
            problems[field] = _("Please choose one of the given options.")
        other = db.session.execute(
            sa.select(Policy.name, model.name)
            .join(ScopedPolicy, ScopedPolicy.policy_id == Policy.id)
            .join(model, model.id == column)
            .where(column.in_(wanted), Policy.id != own_id)
            .limit(1)
        ).first()
        if other is not None:
            problems[field] = _("“%(policy)s” already holds for %(whom)s.", policy=other[0], whom=other[1])
    return problems


def _set_scopes(policy_id: int, command: PolicyCommand) -> bool:
    rows = db.session.scalars(sa.select(ScopedPolicy).where(ScopedPolicy.policy_id == policy_id)).all()
    old = {(row.team_id, row.organisation_id) for row in rows}
    new = {(team_id, None) for team_id in command.team_ids}
    new |= {(None, organisation_id) for organisation_id in command.organisation_ids}
    for row in rows:
        if (row.team_id, row.organisation_id) not in new:
            db.session.delete(row)
    for team_id, organisation_id in sorted(new - old, key=str):
        db.session.add(ScopedPolicy(policy_id=policy_id, team_id=team_id, organisation_id=organisation_id))
    db.session.flush()
    return old != new


def _make_default(policy: Policy) -> None:
    db.session.execute(
        sa.update(Policy)
        .where(Policy.is_default.is_(True), Policy.id != policy.id)
        .values(is_default=False, version=Policy.version + 1)
    )
    policy.is_default = True
    db.session.flush()
