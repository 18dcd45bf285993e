"""`/teams`, `/categories`, `/sla-policies`, `/tags`: what the fields of a ticket may be."""

from __future__ import annotations

from collections.abc import Iterable

from app.accounts.queries import team_choices
from app.core.actor import Actor
from app.core.paging import Page
from app.sla.queries import book
from app.tickets import category_queries, tags
from app.web.api.door import door
from app.web.api.shapes import Named
from app.web.kit.json_answers import Answer
from app.web.kit.json_lists import Listing, Paged, listing


class SlaPolicy(Answer):
    """A promise: which calendar counts its hours stands in the pages."""

    id: int
    name: str
    is_default: bool


class TagUsed(Answer):
    """A word on tickets."""

    name: str


@door.read("/teams", allow="tickets.work", gives=Listing[Named])
def teams(actor: Actor) -> Listing[Named]:
    """The teams in use that you may know of, by name."""
    return _all(team_choices(actor))


@door.read("/categories", allow="portal.use", gives=Listing[Named])
def categories(_actor: Actor) -> Listing[Named]:
    """What a ticket may be about, by name in your language."""
    return _all(category_queries.choices())


@door.read("/sla-policies", allow="tickets.work", gives=Listing[SlaPolicy])
def sla_policies(_actor: Actor) -> Listing[SlaPolicy]:
    """The promises that are made, by name."""
    held = sorted(book().promises.values(), key=lambda one: (one.name, one.id))
    rows = [SlaPolicy(id=one.id, name=one.name, is_default=one.is_default) for one in held]
    return listing(Listing[SlaPolicy], rows, Page(rows), len(rows))


@door.read("/tags", allow="tickets.work", gives=Listing[TagUsed], query=Paged)
def tags_used(actor: Actor, query: Paged) -> Listing[TagUsed]:
    """The words tickets were given, by the alphabet."""
    page, count = tags.page(actor, query.cursor, query.limit)
    return listing(Listing[TagUsed], [TagUsed(name=name) for name in page.rows], page, count)


def _all(found: Iterable[tuple[int, str]]) -> Listing[Named]:
    rows = [Named(id=number, name=name) for number, name in found]
    return listing(Listing[Named], rows, Page(rows), len(rows))
