"""What has to happen for the mails about API keys to be written."""

from __future__ import annotations

from functools import partial
from typing import Any

from app.accounts.actions import keys
from app.accounts.actors import SHELL
from app.accounts.key_schemas import NewApiKey
from app.accounts.key_words import Scope
from app.core.actor import Actor
from app.core.uow import run_unit
from tests.golden.mail_scenes import Firm, Scene
from tests.support.accounts import signed_in


def _made(firm: Firm, actor: Actor, owner: Any) -> tuple[Any, ...]:
    command = NewApiKey(name="Inventar", owner=owner.id, scopes=[Scope.TICKETS_READ, Scope.EVENTS_READ])
    run_unit(partial(keys.create, command, actor=actor))
    return owner, "api_key.created"


def by_somebody(firm: Firm) -> tuple[Any, ...]:
    admin = firm.world.admin(first_name="Clara", last_name="Admin")
    return _made(firm, signed_in(admin), firm.customer)


def by_oneself(firm: Firm) -> tuple[Any, ...]:
    admin = firm.world.admin(first_name="Clara", last_name="Admin", language=firm.customer.language)
    return _made(firm, signed_in(admin), admin)


def by_the_shell(firm: Firm) -> tuple[Any, ...]:
    return _made(firm, SHELL, firm.customer)


SCENES: dict[str, Scene] = {
    "api_key_made": by_somebody,
    "api_key_made_by_oneself": by_oneself,
    "api_key_made_by_nobody": by_the_shell,
}
