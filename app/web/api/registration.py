"""`/auth/register`: customers make their own account by a program, with the same answer for every address (A59)."""

from __future__ import annotations

import json

from app.accounts import limits, passwords
from app.accounts.access import registration_is_open
from app.accounts.actions import registration
from app.accounts.addresses import key
from app.accounts.schemas import FullRegistration
from app.core.actor import Actor
from app.core.errors import Invalid, NotFound
from app.core.language import _
from app.core.uow import run_unit
from app.web.api.door import door
from app.web.api.ticket_commands import example
from app.web.kit.door import PUBLIC
from app.web.kit.guard import network

EXAMPLE = """{
  "first_name": "Mia",
  "last_name": "Muster",
  "email": "mia.muster@firma.example",
  "password": "Ostsee-Wind-7",
  "company": "Firma"
}"""


class NewAccount(FullRegistration):
    """An account for oneself. `password_confirm` may be left out; when it is there, it has to be the same."""

    model_config = example(**json.loads(EXAMPLE))


@door.change("/auth/register", allow=PUBLIC, takes=NewAccount, status=202, own_unit=True)
def register(actor: Actor, command: NewAccount) -> None:
    """Make an account for yourself. A mail with a link follows, and until it is opened the account is of no use.

    The answer is the same whether or not somebody has the address: whoever owns it reads in the mail how it is. Where
    accounts are made by the service team the answer is 404.
    """
    if not registration_is_open():
        raise NotFound(_("Accounts are made by the service team here."))
    weak = passwords.weaknesses(command.password, [command.first_name, command.last_name, command.email])
    if weak:
        raise Invalid({"password": weak})
    limits.ask_for_mail(key(command.email), network())
    password_hash = passwords.hashed(command.password)
    run_unit(lambda: registration.register(command, password_hash, actor=actor))
