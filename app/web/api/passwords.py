"""`/auth/password`, `/auth/password/forgot`, `/auth/password/reset`: another password, with or without the old one."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import Field

from app.accounts import limits, passwords, proofs, tokens
from app.accounts.actions import changing_password, resetting
from app.accounts.addresses import Address, key
from app.accounts.schemas import Password
from app.core.actor import Actor
from app.core.errors import Invalid
from app.core.language import _
from app.core.schema import Command, Line
from app.core.uow import run_unit
from app.web.api.door import door
from app.web.api.ticket_commands import example
from app.web.kit.door import PUBLIC
from app.web.kit.guard import network


class Forgotten(Command):
    """Where the link goes, if somebody has this address."""

    model_config = example(email="mia.muster@firma.example")

    email: Address


class Reset(Command):
    """`token`: what stands at the end of the link in the mail."""

    model_config = example(
        **json.loads(
            '{"token": "Zk3vT0Xn1h7m2cQe9rLwUa5yGdPbSfJi8oKxNtEqVRM", "password": "Leuchtturm im Nebel"}'
        )
    )

    token: Annotated[Line, Field(min_length=1, max_length=200)]
    password: Password


class OtherPassword(Command):
    """The present password and the one that is to follow it."""

    model_config = example(**json.loads('{"current": "Ostsee-Wind-7", "new": "Leuchtturm im Nebel"}'))

    current: Password
    new: Password


@door.change("/auth/password/forgot", allow=PUBLIC, takes=Forgotten, status=202, own_unit=True)
def forgot_password(actor: Actor, command: Forgotten) -> None:
    """Send a link for a new password to an address. The answer is the same whether or not somebody has it."""
    limits.ask_for_mail(key(command.email), network())
    run_unit(lambda: resetting.ask(command.email, actor=actor))


@door.change("/auth/password/reset", allow=PUBLIC, takes=Reset, own_unit=True)
def reset_password(actor: Actor, command: Reset) -> None:
    """Set a new password with the token of a link. It works once; every sign-in of the person ends.

    Sign in with the new password afterwards. A token that was used, is older than half an hour, or came before a newer
    one is refused (422 at `token`).
    """
    if tokens.peek(command.token, *tokens.SETS_PASSWORD) is None:
        raise _gone()
    weak = passwords.weaknesses(command.password)
    if weak:
        raise Invalid({"password": weak})
    password_hash = passwords.hashed(command.password)
    if run_unit(lambda: resetting.reset(command.token, password_hash, actor=actor)) is None:
        raise _gone()


@door.change("/auth/password", allow="profile.own", takes=OtherPassword, own_unit=True)
def change_password(actor: Actor, command: OtherPassword) -> None:
    """Change your password. All your other sign-ins end with both of their tokens; this one goes on."""
    weak = passwords.weaknesses(command.new, [actor.full_name, actor.email])
    if weak:
        raise Invalid({"new": weak})
    limits.proof(actor.person_id or 0)
    proof = proofs.of_actor(actor, command.current)
    password_hash = passwords.hashed(command.new)
    if not run_unit(lambda: changing_password.change(proof, password_hash, actor=actor)):
        raise Invalid({"current": _("This is not your present password.")})


def _gone() -> Invalid:
    return Invalid({"token": _("This link was used before or has expired.")})
