"""`/auth/login`, `/auth/refresh`, `/auth/logout`, `/auth/logout-everywhere`: how programs come in, stay, and go."""

from __future__ import annotations

import json
from typing import Annotated

from flask import request
from pydantic import ConfigDict, Field

from app.accounts import json_tokens, limits, proofs
from app.accounts.actions import programs, signing_in, signing_out
from app.accounts.actions.signing_in import Answer as Came
from app.accounts.actors import actor_for_id
from app.accounts.schemas import Password
from app.accounts.sign_ins import Browser
from app.accounts.words import SignInKind, Step
from app.core.actor import NOBODY, Actor
from app.core.errors import Forbidden, NotSignedIn
from app.core.language import _
from app.core.schema import Command, Line
from app.core.uow import run_unit
from app.web.api.door import door
from app.web.api.shapes import User, own_user
from app.web.kit.door import PUBLIC
from app.web.kit.guard import network
from app.web.kit.json_answers import Answer
from app.web.kit.visitor import bearer_token

EXAMPLE = '{"email": "mia.muster@firma.example", "password": "Ostsee-Wind-7"}'


class Tokens(Answer):
    """A pair of tokens; ``expires_in`` are the seconds of the first."""

    access_token: str
    refresh_token: str
    token_type: str = "bearer"  # noqa: S105 the name of a kind
    expires_in: int


class SignedIn(Tokens):
    user: User


class WrongCredentials(NotSignedIn):
    word = "wrong_credentials"


class CodeNeeded(NotSignedIn):
    word = "code_needed"


class WrongCode(NotSignedIn):
    word = "wrong_code"


class ConfirmFirst(Forbidden):
    word = "confirm_first"


class AtMicrosoft(Forbidden):
    word = "microsoft_needed"


class Login(Command):
    """``otp``: a code of the second factor, or a recovery code, where the account asks for one."""

    model_config = ConfigDict(json_schema_extra={"examples": [json.loads(EXAMPLE)]})

    email: Annotated[Line, Field(min_length=1, max_length=254)]
    password: Password
    otp: Annotated[Line, Field(max_length=60)] = ""


@door.change("/auth/login", allow=PUBLIC, takes=Login, gives=SignedIn, own_unit=True)
def login(_actor: Actor, command: Login) -> SignedIn:
    """Sign in with a password, and with a code where there is a second factor; by the rules of the page."""
    # The password is compared outside and decided on inside a unit.
    limits.sign_in(proofs.account_of(command.email), network())
    proof = proofs.of_address(command.email, command.password)
    came = run_unit(lambda: signing_in.enter(proof, this_program(), actor=NOBODY))
    if came.step is Step.CODE:
        came = _second_step(came, command.otp)
    if came.step is Step.REFUSED:
        raise WrongCredentials(_("The e-mail address or the password is not right."))
    if came.step is Step.CONFIRM_FIRST:
        raise ConfirmFirst(
            _("We sent you an e-mail with a link. Open it, then sign in here. The link works for three days.")
        )
    if came.step is Step.AT_MICROSOFT:
        raise AtMicrosoft(_("Your role was given to you at Microsoft. Please sign in with Microsoft."))
    return signed_in(came.token, came.person_id)


def _second_step(halfway: Came, otp: str) -> Came:
    if not otp:
        raise CodeNeeded(_("Please send the code from your app as well."))
    limits.proof(halfway.person_id)
    came = run_unit(lambda: signing_in.enter_with_code(halfway.half, otp, this_program(), actor=NOBODY))
    if came.step is not Step.IN:
        raise WrongCode(_("This code is not right or was used before."))
    return came


@door.change("/auth/refresh", allow=PUBLIC, gives=Tokens, own_unit=True)
def refresh(_actor: Actor) -> Tokens:
    """The next pair for a refresh token, which is spent by that."""
    fresh = run_unit(lambda: programs.renew(bearer_token(), actor=NOBODY))
    if not fresh:
        raise NotSignedIn
    return Tokens(**_pair(fresh))


@door.change("/auth/logout", allow="account.secure")
def logout(actor: Actor) -> None:
    """End the sign-in: neither of its tokens opens anything any more."""
    signing_out.sign_out(actor=actor)


@door.change("/auth/logout-everywhere", allow="account.secure")
def logout_everywhere(actor: Actor) -> None:
    """End all your sign-ins, of browsers and programs alike and this one among them; all their tokens end at once."""
    signing_out.end_everywhere(actor=actor)


def this_program() -> Browser:
    """The program that sent this request."""
    return Browser(request.user_agent.string, network(), SignInKind.PROGRAM)


def signed_in(refresh_token: str, person_id: int) -> SignedIn:
    """What a program gets that came in."""
    return SignedIn(**_pair(refresh_token), user=own_user(actor_for_id(person_id)))


def _pair(refresh_token: str) -> dict[str, str | int]:
    made = json_tokens.pair(refresh_token)
    return {
        "access_token": made.access_token,
        "refresh_token": made.refresh_token,
        "expires_in": made.expires_in,
    }
