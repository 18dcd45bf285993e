"""Setting and removing addresses in Teams, a team's and one's own; choosing what a team's channel is told of."""

from __future__ import annotations

from collections.abc import Iterable

from app.accounts.access import must_have_confirmed
from app.accounts.events import OwnWebhookRemoved, OwnWebhookSet, TeamChanged
from app.accounts.models import PersonWebhook, Team
from app.accounts.words import CardKind
from app.core import clock, crypto
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Forbidden
from app.events.log import action, record


@action
def set_webhook(team: Team, address: str, *, actor: Actor) -> None:
    """Keep the address cards are posted to, or forget it.

    Args:
        team: locked by the caller.
        address: checked by the caller for scheme and host; empty to forget.

    Raises:
        Forbidden: not the actor's to set up.
    """
    _check(actor)
    if not address and not team.teams_webhook:
        return
    team.teams_webhook = crypto.encrypt(address) if address else ""
    _changed(team, "teams_webhook", actor)


@action
def choose_kinds(team: Team, kinds: Iterable[CardKind], *, actor: Actor) -> None:
    """Choose what the team's channel is told of.

    Args:
        team: locked by the caller.

    Raises:
        Forbidden: not the actor's to set up.
    """
    _check(actor)
    chosen = set(kinds)
    text = ",".join(kind for kind in CardKind if kind in chosen)
    if text == team.card_kinds:
        return
    team.card_kinds = text
    _changed(team, "card_kinds", actor)


@action
def set_own(address: str, *, actor: Actor) -> None:
    """Let cards about the actor's own tickets go to an address of theirs.

    Args:
        address: checked by the caller for scheme and host.

    Raises:
        PasswordNeeded: it was not given lately: from now on facts leave the house (abuse case A62).
    """
    must_have_confirmed(actor)
    person_id = actor.person_id or 0
    row = db.session.get(PersonWebhook, person_id, with_for_update=True)
    if row is None:
        row = PersonWebhook(person_id=person_id)
        db.session.add(row)
    row.address, row.changed_at = crypto.encrypt(address), clock.now()
    record(OwnWebhookSet(), actor=actor, subject=("person", person_id))


@action
def remove_own(*, actor: Actor) -> None:
    """Send the actor no cards any more."""
    row = db.session.get(PersonWebhook, actor.person_id or 0, with_for_update=True)
    if row is not None:
        db.session.delete(row)
        record(OwnWebhookRemoved(), actor=actor, subject=("person", row.person_id))


def _check(actor: Actor) -> None:
    if actor.is_signed_in and not actor.can("admin.teams"):
        raise Forbidden(permission="admin.teams")


def _changed(team: Team, field: str, actor: Actor) -> None:
    team.version += 1
    record(TeamChanged(fields=[field]), actor=actor, subject=("team", team.id))
