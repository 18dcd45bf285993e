"""Where people can go: one list of places for all menus. A new part of the product adds its line here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from app.core.actor import Actor
from app.core.language import Lazy, lazy_gettext, ngettext


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of a menu.

    Args:
        path: pages at and below this path belong to it.
        opens: where it leads, when not to ``path``.
        permission: whoever lacks it does not see the entry.
        count: name of the figure shown beside it, in the counts every page gets.
        said: the figure in words, for those who do not see the badge.
        keys: the keys that lead here, as shown in the list of shortcuts.
        exact: only the page itself belongs to it, not those below.
    """

    label: Lazy
    icon: str
    path: str
    permission: str
    count: str = ""
    said: Callable[[int], str] = str
    keys: str = ""
    opens: str = ""
    exact: bool = False

    @property
    def address(self) -> str:
        return self.opens or self.path


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under one heading."""

    label: Lazy
    places: tuple[Place, ...]


RAIL = (
    Place(lazy_gettext("Tickets"), "inbox", "/tickets", "tickets.work", keys="g t"),
    Place(
        lazy_gettext("Team"),
        "people",
        "/tickets/board",
        "tickets.board",
        count="unassigned",
        said=lambda n: ngettext("%(num)s unassigned", "%(num)s unassigned", n),
    ),
)
FOOT = (
    Place(lazy_gettext("People"), "person-lines-fill", "/people", "people.list"),
    Place(lazy_gettext("Administration"), "gear", "/admin", "admin.use", opens="/admin/health"),
)
PORTAL = (
    Place(lazy_gettext("Home"), "house", "/portal", "portal.use", exact=True),
    Place(lazy_gettext("My requests"), "list-ul", "/portal/tickets", "portal.use"),
)
ADMINISTRATION = (
    Group(
        lazy_gettext("People"),
        (
            Place(lazy_gettext("People"), "person-lines-fill", "/people", "people.list"),
            Place(lazy_gettext("Teams"), "people", "/admin/teams", "admin.teams"),
            Place(lazy_gettext("Organisations"), "building", "/admin/organisations", "admin.teams"),
            Place(lazy_gettext("One-time links"), "key", "/admin/links", "people.manage_admins"),
        ),
    ),
    Group(
        lazy_gettext("Tickets"),
        (
            Place(lazy_gettext("Categories"), "tags", "/admin/categories", "admin.categories"),
            Place(lazy_gettext("SLA and hours"), "stopwatch", "/admin/sla", "admin.sla"),
        ),
    ),
    Group(
        lazy_gettext("Channels"),
        (
            Place(lazy_gettext("E-mail"), "at", "/admin/mail", "admin.mail"),
            Place(lazy_gettext("Quarantine"), "shield-lock", "/admin/quarantine", "admin.deliveries"),
            Place(lazy_gettext("Microsoft 365"), "window", "/admin/microsoft", "admin.settings"),
            Place(lazy_gettext("Webhooks"), "diagram-3", "/admin/webhooks", "webhooks.manage"),
            Place(lazy_gettext("API keys"), "key", "/admin/api-keys", "api_keys.manage"),
            Place(lazy_gettext("Words of mails"), "envelope", "/admin/mail/texts", "admin.settings"),
            Place(lazy_gettext("Signatures"), "pencil", "/admin/mail/signatures", "admin.settings"),
        ),
    ),
    Group(
        lazy_gettext("Operation"),
        (
            Place(lazy_gettext("System health"), "heart-pulse", "/admin/health", "admin.health"),
            Place(lazy_gettext("Deliveries"), "truck", "/admin/deliveries", "admin.deliveries"),
            Place(lazy_gettext("Audit log"), "journal-text", "/admin/audit", "audit.read"),
            Place(lazy_gettext("Settings"), "gear", "/admin/settings", "admin.settings"),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Menu:
    """The places one actor may go to."""

    rail: tuple[Place, ...]
    foot: tuple[Place, ...]
    portal: tuple[Place, ...]
    administration: tuple[Group, ...]

    def here(self, path: str) -> frozenset[str]:
        """The paths of the entries a page belongs to, at most one of each list."""
        lists = (
            self.rail + self.foot,
            self.portal,
            [p for group in self.administration for p in group.places],
        )
        return frozenset(found for places in lists if (found := _nearest(places, path)))


def for_actor(actor: Actor) -> Menu:
    """What the actor may see."""
    return _menu(actor.rights)


@lru_cache(maxsize=128)
def _menu(rights: frozenset[str]) -> Menu:
    def allowed(places: Iterable[Place]) -> tuple[Place, ...]:
        return tuple(place for place in places if place.permission in rights)

    groups = (Group(group.label, allowed(group.places)) for group in ADMINISTRATION)
    return Menu(allowed(RAIL), allowed(FOOT), allowed(PORTAL), tuple(g for g in groups if g.places))


def _nearest(places: Iterable[Place], path: str) -> str:
    fitting = [p.path for p in places if path == p.path or (not p.exact and path.startswith(p.path + "/"))]
    return max(fitting, key=len, default="")
