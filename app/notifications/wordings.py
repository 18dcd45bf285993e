"""Reads for the pages on which administrators look at the words of mails and at signatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.accounts.models import Team
from app.core.db import db
from app.core.language import speaking
from app.notifications.mail_kinds import Wording
from app.notifications.models import MailSignature, MailTemplate
from app.notifications.originals import original
from app.notifications.words import MailKind


@dataclass(frozen=True, slots=True)
class Change:
    """Where a mail says something else than it came with; ``team`` is empty for all teams."""

    team_key: int
    team: str
    language: str


@dataclass(frozen=True, slots=True)
class Stored:
    """The words an editor begins with, and their version (0: these are the words that came with the product)."""

    wording: Wording
    version: int = 0


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """A signature in the list; ``team`` is empty for all teams."""

    team_key: int
    team: str
    language: str
    text: str
    changed_at: datetime


def changes() -> dict[MailKind, list[Change]]:
    """The mails that somebody changed, those of all teams first."""
    rows = db.session.execute(
        sa.select(MailTemplate.kind, MailTemplate.team_key, Team.name, MailTemplate.language)
        .outerjoin(Team, Team.id == MailTemplate.team_id)
        .order_by(Team.name.is_not(None), Team.name, MailTemplate.language)
    )
    found: dict[MailKind, list[Change]] = {}
    for kind, team_key, team, language in rows:
        found.setdefault(kind, []).append(Change(team_key, team or "", language))
    return found


def stored(kind: MailKind, team_key: int, language: str) -> Stored:
    """The words of a mail for a team (0: for all), or where an editor begins when there are none yet.

    A team's words begin as those of all teams.
    """
    rows = db.session.execute(
        sa.select(MailTemplate.team_key, MailTemplate.subject, MailTemplate.body, MailTemplate.version).where(
            MailTemplate.kind == kind,
            MailTemplate.language == language,
            MailTemplate.team_key.in_({0, team_key}),
        )
    )
    found = {key: Stored(Wording(subject, body), version) for key, subject, body, version in rows}
    if team_key in found:
        return found[team_key]
    if 0 in found:
        return Stored(found[0].wording)
    with speaking(language):
        return Stored(original(kind))


def signatures() -> Sequence[SignatureLine]:
    """Every signature, those of all teams first."""
    rows = db.session.execute(
        sa.select(
            MailSignature.team_key,
            Team.name,
            MailSignature.language,
            MailSignature.text,
            MailSignature.changed_at,
        )
        .outerjoin(Team, Team.id == MailSignature.team_id)
        .order_by(Team.name.is_not(None), Team.name, MailSignature.language)
    )
    return [SignatureLine(key, team or "", *rest) for key, team, *rest in rows]


def signature(team_key: int, language: str) -> tuple[str, int]:
    """A team's own signature (0: that of all teams) and its version; "" and 0 for none."""
    row = db.session.execute(
        sa.select(MailSignature.text, MailSignature.version).where(
            MailSignature.team_key == team_key, MailSignature.language == language
        )
    ).first()
    return (row[0], row[1]) if row else ("", 0)
