"""A person changes the own record: details, language, picture."""

from __future__ import annotations

from app.accounts import details, keeping
from app.accounts.access import myself
from app.accounts.events import PersonChanged
from app.accounts.schemas import ChangeProfile
from app.core.actor import Actor
from app.core.errors import Invalid
from app.core.language import LANGUAGES, _
from app.events.log import action, record


@action
def change(command: ChangeProfile, *, actor: Actor) -> list[str]:
    """Save the own record; returns the names of the fields that changed.

    Raises:
        Conflict: it was changed since the form was opened.
        Invalid: the employee number belongs to somebody else, or a field comes from Microsoft.
    """
    person = myself(actor, lock=True)
    held = [name for name in keeping.fields_of(person) if getattr(command, name) != getattr(person, name)]
    if held:
        raise Invalid({name: _("This comes from Microsoft and is changed there.") for name in held})
    changed = details.put(person, command, command.version)
    if changed:
        record(PersonChanged(fields=changed), actor=actor, subject=("person", person.id))
    return changed


@action
def change_language(language: str, *, actor: Actor) -> None:
    """Choose the language of pages and mails; unknown ones are passed over."""
    person = myself(actor, lock=True)
    if language not in LANGUAGES or person.language == language:
        return
    person.language = language
    record(PersonChanged(fields=["language"]), actor=actor, subject=("person", person.id))


@action
def change_avatar(sha256: str, *, actor: Actor) -> None:
    """Use a stored picture; an empty hash takes the picture away."""
    person = myself(actor, lock=True)
    if person.avatar_sha256 == sha256:
        return
    person.avatar_sha256 = sha256
    record(PersonChanged(fields=["avatar"]), actor=actor, subject=("person", person.id))
