"""`/auth/confirm-password`: the password once more, before what concerns the security of an account (A62)."""

from __future__ import annotations

import json

from app.accounts import limits, proofs
from app.accounts.access import myself
from app.accounts.actions import signing_in
from app.accounts.identities import comes_only_by_microsoft
from app.accounts.schemas import Password
from app.core.actor import Actor
from app.core.errors import Invalid
from app.core.language import _
from app.core.schema import Command
from app.core.uow import run_unit
from app.web.api.door import door
from app.web.api.sign_in import AtMicrosoft
from app.web.api.ticket_commands import example


class PasswordAgain(Command):
    """The present password."""

    model_config = example(**json.loads('{"password": "Ostsee-Wind-7"}'))

    password: Password


@door.change("/auth/confirm-password", allow="account.secure", takes=PasswordAgain, own_unit=True)
def confirm_password_again(actor: Actor, command: PasswordAgain) -> None:
    """Give the password once more; it counts for ten minutes, for this sign-in alone.

    Whoever signs in at Microsoft only has none here (403 with `microsoft_needed`): sign in there anew.
    """
    limits.proof(actor.person_id or 0)
    if comes_only_by_microsoft(myself(actor)):
        raise AtMicrosoft(_("You have no password here. Please sign in with Microsoft again."))
    proof = proofs.of_actor(actor, command.password)
    if not run_unit(lambda: signing_in.confirm_password(proof, actor=actor)):
        raise Invalid({"password": _("This is not your password.")})
