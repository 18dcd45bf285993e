"""API keys: their text, and from a key in a header to the actor it stands for, with one statement (A40).

``hd_<prefix>_<secret>``: the prefix finds the row, the secret is 256 random bits of which only the hash is kept.
Nothing about a key is remembered between two calls, so that a revoked one opens nothing any more at once.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.accounts.actors import PERSON, actor_of, confidential_team_ids, every_team_id
from app.accounts.models import Membership, Person
from app.accounts.program_models import ApiKey
from app.accounts.words import STAFF
from app.core import clock, crypto
from app.core.actor import Actor
from app.core.db import db
from app.settings import queries as settings
from app.settings.schemas import TicketRules

TEXT = re.compile(r"hd_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)
NOTED_EACH = timedelta(minutes=1)
# What is compared where there is no such key, so that the answer takes as long.
NO_HASH = "0" * 64
MASKS = {4: 24, 6: 48}

_BY_PREFIX = (
    sa.select(
        *PERSON,
        Person.is_active,
        ApiKey.id.label("key_id"),
        ApiKey.secret_hash,
        ApiKey.scopes,
        ApiKey.team_ids.label("only_team_ids"),
        ApiKey.expires_at,
        ApiKey.revoked_at,
        ApiKey.last_used_at,
        Membership.team_id,
    )
    .select_from(ApiKey)
    .join(Person, Person.id == ApiKey.person_id)
    .outerjoin(Membership, Membership.person_id == Person.id)
    .where(ApiKey.prefix == sa.bindparam("prefix"))
)


@dataclass(frozen=True, slots=True)
class Fresh:
    """A key that was made this moment: what is stored of it, and its text, which nobody is told again."""

    prefix: str
    secret_hash: str
    text: str


def fresh() -> Fresh:
    """A new key."""
    prefix, secret = secrets.token_hex(6), crypto.token()
    return Fresh(prefix, crypto.digest(secret), f"hd_{prefix}_{secret}")


def actor_for_key(text: str) -> tuple[Actor, bool] | None:
    """The actor a key stands for, and whether its use should be noted.

    Returns:
        None when the key is unknown, wrong, revoked, out of date, or its person is deactivated.
    """
    parts = TEXT.fullmatch(text)
    if parts is None:
        return None
    rows = db.session.execute(_BY_PREFIX, {"prefix": parts[1]}).all()
    is_right = hmac.compare_digest(rows[0].secret_hash if rows else NO_HASH, crypto.digest(parts[2]))
    if not rows or not is_right or not _counts(rows[0]):
        return None
    used = rows[0].last_used_at
    return _acting(rows), used is None or clock.now() - used >= NOTED_EACH


def _counts(row: Any) -> bool:
    return bool(row.revoked_at is None and row.expires_at > clock.now() and row.is_active)


def _acting(rows: Any) -> Actor:
    """The person's actor within the key's limits."""
    first = rows[0]
    actor = replace(actor_of(rows, None), key_id=first.key_id, scopes=frozenset(first.scopes))
    if not first.only_team_ids or actor.role not in STAFF:
        return actor
    reach = _reach(actor, frozenset(first.only_team_ids))
    return replace(actor, team_ids=reach, hidden_team_ids=every_team_id() - reach, only_team_ids=reach)


def _reach(actor: Actor, wanted: frozenset[int]) -> frozenset[int]:
    """Those of a key's teams whose tickets its person sees."""
    sees_all = actor.can("tickets.all_teams") or (
        actor.can("tickets.work") and settings.get(TicketRules).agents_see_all_teams
    )
    return wanted - (confidential_team_ids() - actor.team_ids) if sees_all else wanted & actor.team_ids


def use(actor: Actor, at: datetime, address: str) -> list[sa.Update]:
    """What to write when a key was used (once a minute at most).

    Args:
        address: where the call came from; its network is kept, not the machine.
    """
    used = sa.update(ApiKey).where(ApiKey.id == actor.key_id)
    return [used.values(last_used_at=at, last_used_network=masked(address))]


def masked(address: str) -> str:
    """The network an address belongs to, empty for what is none."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    found = getattr(found, "ipv4_mapped", None) or found
    return str(ipaddress.ip_network((found, MASKS[found.version]), strict=False))
