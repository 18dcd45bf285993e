"""People of a demonstration: ordinary accounts with a password that is shown once."""

from __future__ import annotations

from app.accounts.actions import people
from app.accounts.actors import SHELL
from app.accounts.events import PersonChanged
from app.accounts.models import Person
from app.accounts.schemas import NewPerson
from app.core import clock
from app.core.environment import environment
from app.core.errors import Forbidden
from app.events.log import action, record


@action
def create(command: NewPerson, password_hash: str) -> Person:
    """Make a person of the demonstration, ready to sign in.

    Raises:
        Forbidden: this is a production installation.
        Invalid: see people.create.
    """
    if environment().production:
        raise Forbidden(permission="demo")
    person = people.create(command, how="demo", actor=SHELL)
    person.password_hash, person.verified_at = password_hash, clock.now()
    record(PersonChanged(fields=["password"]), actor=SHELL, subject=("person", person.id))
    return person
