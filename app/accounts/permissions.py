"""The permission table: who may do what, one place for every face of the product.

Object-level questions (which ticket, which person) are answered by each room's ``access``; this table only says
which kinds of deeds a role may do at all. Source: docs/roles.md.
"""

from __future__ import annotations

from app.accounts.words import Role

C, A, L, X = Role.CUSTOMER, Role.SUPPORT_AGENT, Role.TEAM_LEADER, Role.ADMIN
EVERYBODY = frozenset({C, A, L, X})
STAFF = frozenset({A, L, X})
LEADERS = frozenset({L, X})
ADMINS = frozenset({X})

TABLE: dict[str, frozenset[Role]] = {
    "account.secure": EVERYBODY,
    "profile.own": EVERYBODY,
    "portal.use": EVERYBODY,
    "tickets.create": EVERYBODY,
    "tickets.comment": EVERYBODY,
    "tickets.rate": EVERYBODY,
    "tickets.work": STAFF,
    "tickets.note": STAFF,
    "tickets.take": STAFF,
    "tickets.escalate": STAFF,
    "tickets.assign": LEADERS,
    "tickets.board": LEADERS,
    "tickets.delete": LEADERS,
    "tickets.redact": LEADERS,
    "tickets.all_teams": LEADERS,
    "people.list": STAFF,
    "people.manage": STAFF,
    "people.manage_agents": LEADERS,
    "people.manage_admins": ADMINS,
    "people.import": ADMINS,
    "audit.read": ADMINS,
    "admin.use": ADMINS,
    "admin.teams": ADMINS,
    "admin.categories": ADMINS,
    "admin.sla": ADMINS,
    "admin.mail": ADMINS,
    "admin.settings": ADMINS,
    "admin.deliveries": ADMINS,
    "admin.health": ADMINS,
    "webhooks.manage": ADMINS,
    "api_keys.manage": ADMINS,
}
EXTRA_BY_LEVEL: dict[int, frozenset[str]] = {
    2: frozenset({"knowledge.write"}),
    4: frozenset({"people.manage_agents"}),
}
# All an administrator may do until the second factor is set up, where the installation demands one.
UNTIL_ENROLLED = frozenset({"account.secure"})
for _leader_right in ("knowledge.write",):
    TABLE[_leader_right] = LEADERS


def rights_of(role: Role, support_level: int) -> frozenset[str]:
    """The permission names a role with a support level has."""
    return _BY_ROLE_AND_LEVEL[role, min(max(support_level, 0), 4)]


def _rights(role: Role, level: int) -> frozenset[str]:
    own = {name for name, roles in TABLE.items() if role in roles}
    if role is Role.SUPPORT_AGENT:
        for needed, extra in EXTRA_BY_LEVEL.items():
            if level >= needed:
                own |= extra
    return frozenset(own)


_BY_ROLE_AND_LEVEL = {(role, level): _rights(role, level) for role in Role for level in range(5)}


def known(permission: str) -> bool:
    """Whether a permission of this name exists."""
    return permission in TABLE
