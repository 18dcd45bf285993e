"""What words somebody writes for a mail must keep to, said in sentences that name what is wrong."""

from __future__ import annotations

from collections.abc import Iterable

from app.core.errors import Invalid
from app.core.language import _
from app.notifications import placeholders
from app.notifications.mail_kinds import BLOCKS, LETTERS, SIGNATURE, Letter, Wording
from app.notifications.words import MailKind

# So that the house knows the ticket again when somebody answers.
NUMBER = "[{number}]"


def check(kind: MailKind, wording: Wording) -> None:
    """Refuse words that could not be sent.

    Raises:
        Invalid: fields ``subject`` and ``body`` with what is wrong.
    """
    letter = LETTERS[kind]
    found = {"subject": _in_subject(letter, wording.subject), "body": _in_body(letter, wording.body)}
    _refuse(found)


def check_signature(text: str) -> None:
    """Refuse a signature that could not be sent.

    Raises:
        Invalid: the field ``text`` with what is wrong.
    """
    _refuse({"text": _empty(text) or _unknown(text, SIGNATURE)})


def _refuse(found: dict[str, list[str]]) -> None:
    problems: dict[str, str | list[str]] = {field: texts for field, texts in found.items() if texts}
    if problems:
        raise Invalid(problems)


def _in_subject(letter: Letter, subject: str) -> list[str]:
    allowed = [name for name in letter.inline if name != placeholders.ADDRESS]
    problems = _unknown(subject, allowed)
    if NUMBER not in subject:
        problems.append(
            _("The subject must contain %(number)s, so that answers find their ticket.", number=NUMBER)
        )
    return problems


def _in_body(letter: Letter, body: str) -> list[str]:
    problems = _empty(body) or _unknown(body, (*letter.inline, *letter.blocks))
    lines = [placeholders.block_of(line) for line in body.split("\n")]
    for name in placeholders.names(body):
        if name not in letter.blocks:
            continue
        shown = f"{{{name}}}"
        if body.count(shown) > 1:
            problems.append(_("%(name)s may stand there only once.", name=shown))
        elif name not in lines:
            problems.append(_("Please put %(name)s on a line by itself.", name=shown))
    for name in letter.required:
        if name not in placeholders.names(body):
            problems.append(
                _("%(name)s is missing: %(meaning)s.", name=f"{{{name}}}", meaning=str(BLOCKS[name]))
            )
    return problems


def _empty(text: str) -> list[str]:
    return [] if text.strip() else [_("Please fill in this field.")]


def _unknown(text: str, allowed: Iterable[str]) -> list[str]:
    known = list(allowed)
    strange = [name for name in placeholders.names(text) if name not in known]
    if not strange:
        return []
    return [
        _(
            "There is no placeholder %(names)s here. These can be used: %(known)s.",
            names=", ".join(f"{{{name}}}" for name in strange),
            known=", ".join(f"{{{name}}}" for name in known),
        )
    ]
