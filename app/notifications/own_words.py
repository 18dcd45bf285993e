"""Mails about tickets in the words of the house: the team's, else those of all teams, else the built-in ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.core.db import db
from app.core.language import _, language
from app.events.models import Event
from app.notifications import placeholders
from app.notifications.mail_kinds import LETTERS, SIGNATURE, Letter, Wording
from app.notifications.models import MailSignature, MailTemplate
from app.notifications.placeholders import Piece, Says
from app.notifications.rendering import Written, write
from app.notifications.scene import Reader, Scene
from app.notifications.texts import request_status_name, status_name
from app.notifications.words import MailKind, Side
from app.tickets.words import PendingReason

ALL_TEAMS = 0
_KINDS = frozenset(kind.value for kind in MailKind)
_WORDING, _SIGNATURE = 0, 1


@dataclass(frozen=True, slots=True)
class Found:
    """What somebody wrote for a mail: its words and a signature, "" for none."""

    wording: Wording | None = None
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Edited:
    """Words with everything filled in, as the template shows them."""

    subject: str
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class Reading:
    """Who reads a mail, and how the team is called when somebody asks."""

    name: str
    team: Callable[[], str]


def find(kind: MailKind, team_id: int, language: str, *, signed: bool) -> Found:
    """The own words that hold for a mail, with one statement.

    Args:
        team_id: the ticket's team, ALL_TEAMS for those that hold for every team.
        signed: whether a signature is asked for as well.
    """
    keys = sorted({ALL_TEAMS, team_id})
    query: Any = sa.select(
        sa.literal_column(str(_WORDING)), MailTemplate.team_key, MailTemplate.subject, MailTemplate.body
    ).where(MailTemplate.kind == kind, MailTemplate.language == language, MailTemplate.team_key.in_(keys))
    if signed:
        below: Any = sa.select(
            sa.literal_column(str(_SIGNATURE)),
            MailSignature.team_key,
            sa.literal_column("''"),
            MailSignature.text,
        ).where(MailSignature.language == language, MailSignature.team_key.in_(keys))
        query = query.union_all(below)
    best: dict[int, tuple[str, str]] = {}
    for what, _team, subject, text in sorted(db.session.execute(query), key=lambda row: row[1]):
        best[what] = (subject, text)  # the team's own come after those of all teams
    wording = Wording(*best[_WORDING]) if _WORDING in best else None
    return Found(wording, best[_SIGNATURE][1] if _SIGNATURE in best else "")


def has_place_for_signature(found: Found) -> bool:
    """Whether replies in these words show a signature at all."""
    return found.wording is None or "signature" in placeholders.names(found.wording.body)


def written(template: str, values: Mapping[str, Any], event: Event, reader: Reader, scene: Scene) -> Written:
    """A mail in the words of the house, where it is one that can be said otherwise; the others as they are.

    A reader nobody knows gets the built-in words of a status: others could repeat what a stranger wrote (A13).
    """
    facts, entry = scene.ticket(event), scene.entry(event)
    if template not in _KINDS or facts is None:
        return write(template, values)
    kind, team = MailKind(template), scene.team
    reading = Reading(reader.own_name, lambda: found.name if (found := team(event)) else "")
    if values.get("neutral"):
        return write_about_ticket(kind, values, Found(), reading)
    signed = kind is MailKind.REPLY and entry is not None and entry.by_staff
    return write_about_ticket(kind, values, find(kind, facts.team_id, language(), signed=signed), reading)


def write_about_ticket(kind: MailKind, values: Mapping[str, Any], found: Found, reading: Reading) -> Written:
    """A mail about a ticket.

    Args:
        values: what the built-in template may name.
        found: see ``find``.
        reading: see ``Reading``.
    """
    letter = LETTERS[kind]
    all_values = dict(values) | {"signature": _signature(found.signature, values, reading)}
    if found.wording is None:
        return write(kind.value, all_values)
    body = found.wording.body
    if "rating" not in placeholders.names(body):
        all_values["rating_url"] = ""  # else the way to the ticket would stand back behind it
    says = _sayings(letter.inline, letter.side, values, reading)
    blocks = frozenset((*letter.blocks, placeholders.ADDRESS) if _has_link(letter) else letter.blocks)
    edited = Edited(placeholders.fill(found.wording.subject, says), placeholders.pieces(body, says, blocks))
    return write("edited", all_values | {"built_in": f"mail/{kind.value}.jinja", "edited": edited})


def _has_link(letter: Letter) -> bool:
    return placeholders.ADDRESS in letter.inline


def _signature(text: str, values: Mapping[str, Any], reading: Reading) -> Piece | None:
    if not text:
        return None
    made = placeholders.words(text, _sayings(SIGNATURE, Side.REQUESTER, values, reading))
    return made if made.text else None


def _sayings(allowed: tuple[str, ...], side: Side, values: Mapping[str, Any], reading: Reading) -> Says:
    """What the placeholders of a mail stand for; those it does not know stay as they are."""

    def says(name: str) -> str | None:
        return _VALUES[name](values, side, reading) if name in allowed else None

    return says


def _of_ticket(name: str) -> Callable[[Mapping[str, Any], Side, Reading], str]:
    return lambda values, _side, _reading: str(values["ticket"][name])


def _agent(values: Mapping[str, Any], side: Side, _reading: Reading) -> str:
    if side is Side.STAFF:
        return str(values["ticket"]["assignee"])
    written = values.get("written")
    return str(written["author"]) if written else ""


def _status(values: Mapping[str, Any], side: Side, _reading: Reading) -> str:
    ticket = values["ticket"]
    reason = PendingReason.CUSTOMER if ticket["waits_for_customer"] else PendingReason.THIRD_PARTY
    said = status_name if side is Side.STAFF else request_status_name
    return said(ticket["status"], reason)


def _headline(values: Mapping[str, Any], _side: Side, _reading: Reading) -> str:
    title = values["ticket"]["title"]
    if values["breached"]:
        return _("Deadline missed: %(title)s", title=title)
    return _("Deadline comes close: %(title)s", title=title)


_VALUES: dict[str, Callable[[Mapping[str, Any], Side, Reading], str]] = {
    "number": _of_ticket("number"),
    "title": _of_ticket("title"),
    "headline": _headline,
    "name": lambda _values, _side, reading: reading.name,
    "requester": _of_ticket("requester"),
    "agent": _agent,
    "team": lambda _values, _side, reading: reading.team(),
    "status": _status,
    "priority": _of_ticket("priority"),
    "due": _of_ticket("due"),
    "link": _of_ticket("url"),
    "site": lambda values, _side, _reading: str(values["site"]["name"]),
    "phone": lambda values, _side, _reading: str(values["site"]["support_phone"]),
}
