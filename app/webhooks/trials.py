"""Trying a webhook: one call that is about nothing, at once and whatever happened there before."""

from __future__ import annotations

import secrets

from app.core import rates
from app.core.actor import Actor
from app.events.consumers import consumer
from app.integrations.outcome import Undeliverable
from app.webhooks import payload
from app.webhooks.access import webhook_for
from app.webhooks.consumers import Webhooks
from app.webhooks.sending import Call, Said
from app.webhooks.signing import secrets_of
from app.webhooks.targets import NAME

TRIALS = "10/minute"


def try_out(actor: Actor, webhook_id: int) -> Said:
    """Call the receiver once; it is neither tried again nor counted.

    Raises:
        Forbidden, NotFound: not the actor's to do, or none.
        TooMany: too often; each trial leaves the house.
        UnitError: a unit of work is open.
    """
    webhook = webhook_for(actor, webhook_id)
    rates.hit(TRIALS, "webhook-trial", str(actor.person_id))
    known = consumer(NAME)
    if not isinstance(known, Webhooks):
        raise LookupError("the wiring registered no consumer for webhooks")
    try:
        keys = secrets_of(webhook)
    except Undeliverable as trouble:
        return Said(None, 0, "", trouble)
    event = f"test-{secrets.token_hex(8)}"
    return known.send_trial(Call(webhook.id, 0, event, webhook.url, payload.trial_body(), keys))
