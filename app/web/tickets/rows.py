"""Lines of the list, painted fast: every word that repeats is made once a request, a line only fills in what is its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from babel import dates
from flask import get_template_attribute
from markupsafe import Markup, escape

from app.core import clock
from app.core.formats import Formats
from app.core.language import _, language, pgettext
from app.sla.words import ClockKind, ClockState
from app.tickets.faces import initials_of
from app.tickets.queue import Present, QueueRow
from app.tickets.words import Channel, PresenceMode, Priority, Status
from app.web.tickets.schemas import Step, step_of

TAGS_SHOWN = 3
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One line, ready to be written into the page."""

    id: int
    number: str
    title: str
    is_unread: bool
    priority: Markup
    status: Markup
    sla: Markup
    due: str
    who: Markup
    requester: str
    beside: Markup
    ago: str
    at: str


@dataclass(frozen=True, slots=True)
class Words:
    """What many lines say, in the reader's language."""

    statuses: dict[Step, Markup]
    priorities: dict[Priority, Markup]
    channels: dict[Channel, Markup]
    chips: dict[ClockState, tuple[str, str]]
    clocks: dict[tuple[ClockKind, bool], str]
    waits: dict[Status, str]
    reading: str
    writing: str
    nobody: Markup
    files: Markup


@lru_cache(maxsize=4)
def words(code: str) -> Words:
    """The words of a language, which must be the one that is spoken now."""
    tag = _macro("status")
    chip = _macro("sla_chip")
    return Words(
        statuses={step: tag(step.status.value, step.reason or "") for step in Step},
        priorities={one: _macro("priority")(one.value) for one in Priority},
        channels={one: _macro("channel")(one.value) for one in Channel},
        chips={state: _around(chip(state.value, "\0", None)) for state in ClockState},
        clocks={
            (ClockKind.RESPONSE, True): _("First response by %(when)s"),
            (ClockKind.RESOLUTION, True): _("Resolution by %(when)s"),
            (ClockKind.RESPONSE, False): _("First response was due %(when)s"),
            (ClockKind.RESOLUTION, False): _("Resolution was due %(when)s"),
        },
        waits={Status.PENDING: "", Status.RESOLVED: "", Status.CLOSED: ""},
        reading=_("%(name)s is reading"),
        writing=_("%(name)s is replying"),
        nobody=_macro("avatar_nobody")(),
        files=Markup('<i class="i i-paperclip" aria-hidden="true"></i><span class="visually-hidden">%s</span>')
        % _("with files"),
    )
