"""Words about API keys that doors may speak: what a key may open."""

from __future__ import annotations

from enum import StrEnum

from app.core.language import Lazy


class Scope(StrEnum):
    """What a key may open; which calls belong to which stands in `app.web.kit.scopes`."""

    TICKETS_READ = "tickets:read"
    TICKETS_WRITE = "tickets:write"
    EVENTS_READ = "events:read"
    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    DASHBOARD_READ = "dashboard:read"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"


class KeyState(StrEnum):
    """How a key stands."""

    GOOD = "good"
    EXPIRED = "expired"
    REVOKED = "revoked"
    OWNER_INACTIVE = "owner_inactive"


SCOPE_NAMES: dict[Scope, Lazy] = {
    Scope.TICKETS_READ: Lazy("Read tickets, teams, categories and tags", "scope"),
    Scope.TICKETS_WRITE: Lazy("Open, change and answer tickets", "scope"),
    Scope.EVENTS_READ: Lazy("Read what happens to tickets", "scope"),
    Scope.USERS_READ: Lazy("Read people", "scope"),
    Scope.USERS_WRITE: Lazy("Make and change people", "scope"),
    Scope.DASHBOARD_READ: Lazy("Read figures", "scope"),
    Scope.WEBHOOKS_READ: Lazy("Read webhooks", "scope"),
    Scope.WEBHOOKS_WRITE: Lazy("Change webhooks", "scope"),
}
# What is about tickets alone, so that it can be limited to teams.
OF_TEAMS = frozenset({Scope.TICKETS_READ, Scope.TICKETS_WRITE, Scope.EVENTS_READ})
