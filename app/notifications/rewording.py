"""Changing the words of mails and the signatures of teams."""

from __future__ import annotations

from typing import TypeVar

import sqlalchemy as sa

from app.accounts.models import Team
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Invalid
from app.core.language import _
from app.events.log import action, record
from app.notifications import wording_rules
from app.notifications.access import check_may_reword
from app.notifications.events import SignatureChanged, SignatureRemoved, WordingChanged, WordingRestored
from app.notifications.mail_kinds import Wording
from app.notifications.models import MailSignature, MailTemplate
from app.notifications.schemas import NewSignature, NewWording, WordsOf
from app.notifications.words import MailKind

Row = TypeVar("Row", MailTemplate, MailSignature)


@action
def save_wording(kind: MailKind, command: NewWording, *, actor: Actor) -> None:
    """Let a mail say something else, for one team or for all.

    Raises:
        Forbidden: not an administrator.
        Invalid: no such team, or the words break a rule (see ``wording_rules``).
        Conflict: somebody changed them meanwhile.
    """
    check_may_reword(actor)
    _check_team(command.team)
    wording_rules.check(kind, Wording(command.subject, command.body))
    row = _locked(sa.select(MailTemplate).where(MailTemplate.kind == kind, *_of(MailTemplate, command)))
    _check_version(row, command)
    if row is None:
        row = MailTemplate(kind=kind, subject="", body="", **_place(command))
        db.session.add(row)
    fields = [name for name in ("subject", "body") if getattr(row, name) != getattr(command, name)]
    if not fields:
        return
    row.subject, row.body = command.subject, command.body
    row.version, row.changed_at = command.version + 1, clock.now()
    db.session.flush()
    fact = WordingChanged(mail=kind, team_id=row.team_id, language=row.language, fields=fields)
    record(fact, actor=actor, subject=("mail_template", row.id))


@action
def restore_wording(kind: MailKind, command: WordsOf, *, actor: Actor) -> None:
    """Go back to the words that hold without these: those of all teams, or the built-in ones.

    Raises:
        Forbidden: not an administrator.
        Conflict: somebody changed them meanwhile.
    """
    check_may_reword(actor)
    row = _locked(sa.select(MailTemplate).where(MailTemplate.kind == kind, *_of(MailTemplate, command)))
    if row is None:
        return
    _check_version(row, command)
    fact = WordingRestored(mail=kind, team_id=row.team_id, language=row.language)
    record(fact, actor=actor, subject=("mail_template", row.id))
    db.session.delete(row)


@action
def save_signature(command: NewSignature, *, actor: Actor) -> None:
    """Give the public replies of a team, or of all teams, a signature.

    Raises:
        Forbidden: not an administrator.
        Invalid: no such team, or the text breaks a rule (see ``wording_rules``).
        Conflict: somebody changed it meanwhile.
    """
    check_may_reword(actor)
    _check_team(command.team)
    wording_rules.check_signature(command.text)
    row = _locked(sa.select(MailSignature).where(*_of(MailSignature, command)))
    _check_version(row, command)
    if row is None:
        row = MailSignature(text="", **_place(command))
        db.session.add(row)
    if row.text == command.text:
        return
    row.text, row.version, row.changed_at = command.text, command.version + 1, clock.now()
    db.session.flush()
    fact = SignatureChanged(team_id=row.team_id, language=row.language)
    record(fact, actor=actor, subject=("mail_signature", row.id))


@action
def remove_signature(command: WordsOf, *, actor: Actor) -> None:
    """Take a signature away; that of all teams holds then, if there is one.

    Raises:
        Forbidden: not an administrator.
        Conflict: somebody changed it meanwhile.
    """
    check_may_reword(actor)
    row = _locked(sa.select(MailSignature).where(*_of(MailSignature, command)))
    if row is None:
        return
    _check_version(row, command)
    fact = SignatureRemoved(team_id=row.team_id, language=row.language)
    record(fact, actor=actor, subject=("mail_signature", row.id))
    db.session.delete(row)


def _of(table: type[Row], command: WordsOf) -> tuple[sa.ColumnElement[bool], ...]:
    return table.team_key == command.team, table.language == command.language


def _place(command: WordsOf) -> dict[str, int | str | None]:
    return {
        "team_id": command.team or None,
        "team_key": command.team,
        "language": command.language,
        "version": 0,
    }


def _locked(query: sa.Select[tuple[Row]]) -> Row | None:
    return db.session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()


def _check_version(row: MailTemplate | MailSignature | None, command: WordsOf) -> None:
    if command.version != (row.version if row else 0):
        raise Conflict(
            _("Somebody changed these words meanwhile. Please look at them again before you change them.")
        )


def _check_team(team: int) -> None:
    if team and db.session.get(Team, team) is None:
        raise Invalid({"team": _("Please choose one of the given options.")})
