"""`/auth/microsoft`: programs that signed in at Microsoft themselves and bring its token (abuse cases A46 to A50)."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import Annotated

from pydantic import ConfigDict, StringConstraints

from app.accounts import limits
from app.accounts.actions import microsoft as entering
from app.accounts.identities import good_until
from app.accounts.json_tokens import MicrosoftNeeded
from app.accounts.words import Refusal
from app.core import clock, log
from app.core.actor import NOBODY, Actor
from app.core.errors import Forbidden, NotFound, NotSignedIn, Unavailable
from app.core.language import _
from app.core.schema import Command
from app.core.uow import run_unit
from app.integrations.entra_claims import Claims, SignInRefused
from app.integrations.outcome import RetryLater, Undeliverable
from app.jobs import microsoft
from app.web.api.door import door
from app.web.api.sign_in import SignedIn, signed_in, this_program
from app.web.kit.door import PUBLIC
from app.web.kit.guard import network

FOREIGN = "foreign_tenant"
# Tokens of Entra with many roles and groups stay below this; what is longer is none.
LONGEST = 20_000


class MicrosoftToken(Command):
    """An access token for the scope ``access_as_user`` of our own app registration."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [json.loads('{"access_token": "eyJ0eXAi.e30.c2ln"}')]}
    )

    access_token: Annotated[
        str, StringConstraints(min_length=1, max_length=LONGEST, pattern=r"^[\x21-\x7e]+$")
    ]


class MicrosoftNotSetUp(NotFound):
    word = "microsoft_not_set_up"


class TokenRefused(NotSignedIn):
    word = "token_refused"


class NotLetIn(Forbidden):
    """Microsoft vouches for them, and still this house does not let them in; ``word`` says why."""

    def __init__(self, word: str) -> None:
        super().__init__(_("This account cannot sign in here."))
        self.word = str(word)


@door.change("/auth/microsoft", allow=PUBLIC, takes=MicrosoftToken, gives=SignedIn, own_unit=True)
def by_microsoft(_actor: Actor, command: MicrosoftToken) -> SignedIn:
    """Sign in with an access token that Microsoft made for this helpdesk; by the rules of the browser."""
    # Believed only after a look, outside; decided inside a unit.
    limits.arrive(network())
    claims = _claims(command.access_token)
    limits.vouched(f"{claims.tenant_id}/{claims.object_id}")
    if good_until(claims.issued_at) <= clock.now():
        raise MicrosoftNeeded
    arrival = replace(microsoft.arrival_of(claims), vouched_at=claims.issued_at)
    entrance = run_unit(partial(entering.enter, arrival, this_program(), actor=NOBODY))
    if entrance.refusal is not None:
        raise NotLetIn(entrance.refusal)
    return signed_in(entrance.token, entrance.person_id)


def _claims(token: str) -> Claims:
    entra = microsoft.entra()
    if entra is None:
        raise MicrosoftNotSetUp(_("Sign-in with Microsoft is not set up here."))
    try:
        return entra.claims_of_access_token(token)
    except SignInRefused as refused:
        log.get(__name__).warning("microsoft_refused", reason=refused.reason, detail=refused.detail)
        if refused.reason == FOREIGN:
            raise NotLetIn(Refusal.FOREIGN_TENANT) from None
        raise TokenRefused(_("This token opens nothing here.")) from None
    except (RetryLater, Undeliverable) as error:
        log.get(__name__).warning("microsoft_away", reason=error.reason, detail=str(error))
        raise Unavailable(_("Microsoft cannot be asked at the moment. Please try again shortly.")) from None
