"""Addresses in Teams that cards go to, a team's and a person's own: secrets, encrypted in their rows."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from app.accounts.models import PersonWebhook, Team
from app.accounts.words import CardKind
from app.core import crypto
from app.core.actor import Actor
from app.core.db import db


def webhook_of(team: Team) -> str:
    """The address cards for this team are posted to; empty when there is none, or no key of ours opens it."""
    return _opened(team.teams_webhook)


def kinds_of(team: Team) -> list[CardKind]:
    """What the team's channel is told of, in the order of the words."""
    return [kind for kind in CardKind if kind in read_kinds(team.card_kinds)]


def read_kinds(text: str) -> frozenset[CardKind]:
    """The kinds of cards a row names; words of a newer version are passed over."""
    known = {kind.value: kind for kind in CardKind}
    return frozenset(known[word] for word in text.split(",") if word in known)


def own_webhook(actor: Actor) -> str | None:
    """The address of the actor's own cards, None without one; empty when no key of ours opens it."""
    row = db.session.get(PersonWebhook, actor.person_id or 0)
    return None if row is None else _opened(row.address)


def has_own(actor: Actor) -> bool:
    """Whether the actor has an address of their own."""
    query = sa.select(PersonWebhook.person_id).where(PersonWebhook.person_id == actor.person_id)
    return db.session.scalar(query) is not None


def sealed_of_people(person_ids: Iterable[int] | None = None) -> dict[int, str]:
    """Person id → encrypted address, of those who have one.

    Args:
        person_ids: whose; None for everybody's.
    """
    query = sa.select(PersonWebhook.person_id, PersonWebhook.address)
    if person_ids is not None:
        query = query.where(PersonWebhook.person_id.in_(set(person_ids)))
    return {row[0]: row[1] for row in db.session.execute(query)}


def sealed_of_teams(team_ids: Iterable[int]) -> dict[int, str]:
    """Team id → encrypted address, of those that have one."""
    query = sa.select(Team.id, Team.teams_webhook).where(Team.id.in_(set(team_ids)), Team.teams_webhook != "")
    return {row[0]: row[1] for row in db.session.execute(query)}


def _opened(sealed: str) -> str:
    if not sealed:
        return ""
    try:
        return crypto.decrypt(sealed)
    except ValueError:
        return ""
