"""`/people/fetched`: how fetching people from Microsoft went, and fetching them now."""

from __future__ import annotations

from typing import Any

from app.accounts import fetch_queries, keeping
from app.accounts.fetch_troubles import words
from app.core.actor import Actor
from app.core.errors import Conflict
from app.core.language import _
from app.jobs import people as jobs
from app.settings import microsoft
from app.web.kit import page
from app.web.people.door import door


@door.page("/people/fetched", allow="people.import")
def fetched(_actor: Actor) -> str:
    """The last runs, the newest first."""
    return page.render(
        "people/fetched.html",
        runs=fetch_queries.recent(),
        words=words,
        is_on=keeping.is_on(),
        is_set_up=microsoft.registration() is not None,
    )


@door.deed("/people/fetched", allow="people.import", own_unit=True)
def fetch_now(_actor: Actor) -> Any:
    """Ask a worker to fetch everybody now."""
    if not keeping.is_on():
        raise Conflict(_("People are not fetched from Microsoft here."))
    jobs.ask_for_fetch()
    page.say(_("People are being fetched. The result stands here in a moment."))
    return page.go("people.fetched")
