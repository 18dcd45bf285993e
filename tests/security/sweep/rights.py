"""Who may do what, as docs/roles.md says it; written down a second time so that one table checks the other."""

from __future__ import annotations

from app.web.kit.door import PUBLIC, SIGNED_IN
from tests.security.sweep.routes import Line
from tests.security.sweep.stage import ADMIN, ANON, CUSTOMER, LEADER, ROLES, STAFF

SIGNED = (CUSTOMER, *STAFF)
LEADERS = (LEADER, ADMIN)
WHO: dict[str, tuple[str, ...]] = {
    PUBLIC: ROLES,
    SIGNED_IN: SIGNED,
    "account.secure": SIGNED,
    "profile.own": SIGNED,
    "portal.use": SIGNED,
    "tickets.create": SIGNED,
    "tickets.comment": SIGNED,
    "tickets.rate": SIGNED,
    "tickets.work": STAFF,
    "tickets.note": STAFF,
    "tickets.take": STAFF,
    "tickets.escalate": STAFF,
    "tickets.assign": LEADERS,
    "tickets.board": LEADERS,
    "tickets.delete": LEADERS,
    "tickets.redact": LEADERS,
    "people.list": STAFF,
    "people.manage": STAFF,
    "people.manage_agents": LEADERS,
    "people.manage_admins": (ADMIN,),
    "people.import": (ADMIN,),
    "audit.read": (ADMIN,),
    "admin.use": (ADMIN,),
    "admin.teams": (ADMIN,),
    "admin.categories": (ADMIN,),
    "admin.sla": (ADMIN,),
    "admin.mail": (ADMIN,),
    "admin.settings": (ADMIN,),
    "admin.deliveries": (ADMIN,),
    "admin.health": (ADMIN,),
    "webhooks.manage": (ADMIN,),
    "api_keys.manage": (ADMIN,),
}


def doer(line: Line) -> str:
    """Somebody who may use a route, with as few rights as possible; a stranger only where nobody signs in."""
    may = [role for role in WHO[line.allow] if role != ANON]
    return may[0] if may else ANON
