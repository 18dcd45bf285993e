"""An event on its way into words: the names behind its ids, and how a kind is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from app.core.actor import ActorKind
from app.core.formats import Formats
from app.core.language import Lazy, lazy_gettext
from app.events.models import Event
from app.notifications.words import Side

if TYPE_CHECKING:
    from app.notifications.timeline import Names

NOBODY_KNOWN = lazy_gettext("Somebody")
WITHOUT_NAME: dict[str, Lazy] = {
    ActorKind.CLOCK: lazy_gettext("The system"),
    ActorKind.SHELL: lazy_gettext("An administrator"),
    ActorKind.MAIL: lazy_gettext("Somebody by e-mail"),
    ActorKind.RULE: lazy_gettext("A rule"),
    ActorKind.AI: lazy_gettext("The AI assistant"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """An event with what is needed to put it into words."""

    event: Event
    names: Names
    side: Side
    formats: Formats
    reader_id: int | None

    def __getitem__(self, name: str) -> Any:
        return self.event.payload.get(name)

    @property
    def to_staff(self) -> bool:
        return self.side is Side.STAFF

    @property
    def who(self) -> Markup:
        """Who did it, in bold."""
        return bold(self._actor())

    def _actor(self) -> str:
        event = self.event
        if event.actor_id is not None:
            return self.names.people.get(event.actor_id) or str(NOBODY_KNOWN)
        if event.actor_kind == ActorKind.MAIL:
            known = self.names.authors.get(self["comment_id"]) or self.names.people.get(self["requester_id"])
            if known:
                return known
        return str(WITHOUT_NAME.get(event.actor_kind, NOBODY_KNOWN))

    def person(self, key: str) -> Markup:
        return bold(self.names.people.get(self[key]) or str(NOBODY_KNOWN))

    def team(self, key: str) -> Markup:
        return bold(self.names.teams.get(self[key]) or "?")

    def category(self, key: str) -> Markup:
        return bold(self.names.categories.get(self[key]) or "?")

    def moment(self, key: str) -> str:
        return self.formats.moment(datetime.fromisoformat(self[key]))


@dataclass(frozen=True, slots=True)
class Teller:
    """How a kind is told; see ``timeline.Line`` for the rest."""

    tell: Callable[[Told], Markup]
    icon: str
    tone: str = ""


def bold(text: str) -> Markup:
    return Markup("<b>%s</b>") % text
