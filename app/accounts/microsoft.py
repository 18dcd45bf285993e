"""Somebody who comes by Microsoft: what is said of them, and which role that gives (docs/microsoft.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from app.accounts.words import Role
from app.settings.schemas import Microsoft


@dataclass(frozen=True, slots=True)
class Arrival:
    """A person as Microsoft describes them, believed already.

    Args:
        is_home: they are of the configured directory, not of one that is only let in.
        upn: the name they sign in with; their address here, because nobody gives themselves one.
        named: app roles and ids of groups.
        is_strong: they gave a second factor there.
        details: columns of the person that the directory fills (department, position …).
        photo_sha256: a stored picture, "" for none.
        language: as the directory knows it, "" when it does not.
        session: of theirs at Microsoft, "" when it is not told.
        proved_at: when they last gave a password or more there, None when it is not told.
        vouched_at: when Microsoft said so, None for this moment: programs keep a token for an hour and longer.
        refresh_token: to ask with whether they are still there; "" when the way in has none.
    """

    tenant_id: str
    object_id: str
    is_home: bool
    is_guest: bool
    upn: str
    first_name: str
    last_name: str
    named: frozenset[str] = frozenset()
    is_strong: bool = False
    details: dict[str, str] = field(default_factory=dict)
    photo_sha256: str = ""
    language: str = ""
    session: str = ""
    login_hint: str = ""
    proved_at: datetime | None = None
    vouched_at: datetime | None = None
    refresh_token: str = field(default="", repr=False)


def role_of(named: frozenset[str], rules: Microsoft) -> tuple[Role, int] | None:
    """The highest role that app roles and groups give, with its support level; None when they give none."""
    have = {name.lower() for name in named}
    for names, role, level in _ladder(rules):
        if have & {name.strip().lower() for name in names.split(",") if name.strip()}:
            return role, level
    return None


def asks_for_groups(rules: Microsoft) -> bool:
    """Whether a group gives a role, so that somebody's groups have to be known."""
    return any(
        is_group_id(name.strip()) for names, _role, _level in _ladder(rules) for name in names.split(",")
    )


def _ladder(rules: Microsoft) -> tuple[tuple[str, Role, int], ...]:
    agent = Role.SUPPORT_AGENT
    return (
        (rules.admins, Role.ADMIN, 0),
        (rules.team_leaders, Role.TEAM_LEADER, 0),
        (rules.agents_4, agent, 4),
        (rules.agents_3, agent, 3),
        (rules.agents_2, agent, 2),
        (rules.agents, agent, 1),
    )


def is_group_id(name: str) -> bool:
    """Groups are named by their id; nobody calls an app role so."""
    return len(name) == 36 and name.count("-") == 4
