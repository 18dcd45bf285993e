"""How a mail would look, in a frame of its own: what somebody is typing waits there for a day and is sent to nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

from flask import Response, make_response
from pydantic import BaseModel

from app.accounts.access import team_for
from app.accounts.queries import team_choices
from app.core import crypto, once
from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.language import Lazy, lazy_gettext
from app.notifications.rendering import Written
from app.notifications.schemas import TeamKey
from app.web.kit.forms import Form

# A mail brings its looks in style attributes, and nothing else: no script, no picture, nothing to send.
FRAME_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox"
)
LANGUAGES: dict[str, Lazy] = {"de": lazy_gettext("German"), "en": lazy_gettext("English")}
CONTENT = "preview"


class Whose(BaseModel):
    """Whose words are looked at: a team (0: all) and a language, the reader's own when none is named."""

    team: TeamKey = 0
    language: Literal["", "de", "en"] = ""


class Framed(Whose):
    """As ``Whose``, or what somebody is typing, by its key."""

    draft: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A team and a language on a page; ``name`` is empty for all teams."""

    team: int
    name: str
    language: str

    @property
    def query(self) -> str:
        return urlencode({"team": self.team, "language": self.language})


@dataclass(frozen=True, slots=True)
class Shown:
    """A mail on a page, and where its frame is."""

    subject: str
    text: str
    frame: str


def place_of(actor: Actor, whose: Whose) -> Place:
    """The team and language a page is about.

    Raises:
        NotFound: no such team.
    """
    name = team_for(actor, whose.team).name if whose.team else ""
    return Place(whose.team, name, whose.language or actor.language)


def place_in(actor: Actor, form: Form[Any]) -> Place:
    """The same from a form that was refused, whose fields may be anything."""
    team, code = form.value("team"), form.value("language")
    known = team.isascii() and team.isdigit() and len(team) <= 18
    language: Any = code if code in LANGUAGES else ""
    try:
        return place_of(actor, Whose(team=int(team) if known else 0, language=language))
    except NotFound:
        return place_of(actor, Whose(language=language))


def teams_to_choose(actor: Actor, place: Place) -> list[tuple[int, str]]:
    """Teams for the choice, with the one the page is about."""
    found = list(team_choices(actor))
    if place.team and place.team not in dict(found):
        found.append((place.team, place.name))
    return found


def keep(actor: Actor, written: Written) -> str:
    """Keep a mail that is being typed; returns its key, with which only this person finds it again."""
    key = crypto.token()
    once.keep(_owner(actor), key, CONTENT, {"html": written.html})
    return key


def kept(actor: Actor, key: str) -> str:
    """The HTML of a mail that is being typed.

    Raises:
        NotFound: nobody, or somebody else, typed it, or a day has passed.
    """
    answer = once.recall(_owner(actor), key, CONTENT)
    if answer is None:
        raise NotFound
    return str(answer["html"])


def _owner(actor: Actor) -> str:
    return f"{actor.person_id}|mail preview"


def frame(html: str) -> Response:
    """A mail as the document of a frame on our own pages; its links lead nowhere."""
    answer = make_response(html.replace("<head>", '<head>\n<base target="_blank">', 1))
    answer.headers["Content-Security-Policy"] = FRAME_CSP
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer
