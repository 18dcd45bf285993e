"""The administrators' door: health, teams, organisations, categories, promises, deliveries, audit, settings, links."""

from app.web.admin import (
    audit,
    calendars,
    categories,
    deliveries,
    health,
    links,
    organisations,
    outbox,
    policies,
    settings,
    team_members,
    teams,
)
from app.web.admin.door import door

__all__ = [
    "audit",
    "calendars",
    "categories",
    "deliveries",
    "door",
    "health",
    "links",
    "organisations",
    "outbox",
    "policies",
    "settings",
    "team_members",
    "teams",
]
