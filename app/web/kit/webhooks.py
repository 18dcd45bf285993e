"""Addresses in Teams as people enter them: only those of Workflows, or what the installation allows."""

from __future__ import annotations

from typing import Annotated

from flask import current_app
from pydantic import Field

from app.core import rates
from app.core.actor import Actor
from app.core.errors import Invalid
from app.core.language import _
from app.core.schema import Command, Line
from app.integrations.guard import matches, taken_apart
from app.integrations.outcome import Undeliverable
from app.integrations.teams import HOST_PATTERNS
from app.notifications.card_trials import CardTrial, try_out

TRIALS = "10/minute"


class Webhook(Command):
    """A new Teams address."""

    webhook_url: Annotated[Line, Field(max_length=2000)] = ""


def check_webhook(address: str) -> None:
    """Whether cards may go there: the hosts of Workflows, or those the installation allows.

    Raises:
        Invalid: no such address.
    """
    allowed = current_app.extensions["settings"].outbound_allow
    try:
        scheme, host, _port = taken_apart(address)
    except Undeliverable as refused:
        raise Invalid(
            {"webhook_url": _("Please enter the address that Teams shows for the workflow.")}
        ) from refused
    if matches(host, tuple(allowed)):
        return
    if scheme != "https" or not matches(host, HOST_PATTERNS):
        hosts = ", ".join(HOST_PATTERNS)
        raise Invalid(
            {"webhook_url": _("Teams addresses begin with https and end in one of %(hosts)s.", hosts=hosts)}
        )


def tried(actor: Actor, target: str) -> CardTrial:
    """Try a channel; how often somebody may is limited, because each trial leaves the house.

    Raises:
        TooMany: too often.
    """
    rates.hit(TRIALS, "card-trial", str(actor.person_id))
    return try_out(target)
