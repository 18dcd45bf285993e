"""Setting up webhooks: making, changing and removing one, and giving it a new secret."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import sqlalchemy as sa

from app.accounts.access import must_have_confirmed
from app.accounts.models import Team
from app.core import clock, crypto
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Invalid, Stale
from app.core.language import _
from app.events.log import action, record
from app.webhooks.access import check
from app.webhooks.addresses import checked, leads_elsewhere
from app.webhooks.events import WebhookChanged, WebhookCreated, WebhookRemoved, WebhookRotated
from app.webhooks.models import Webhook, WebhookAnswer
from app.webhooks.schemas import ChangeWebhook, NewWebhook
from app.webhooks.words import WebhookKind

MOST = 50  # each of them is looked at for each event
BOTH_FOR = timedelta(hours=24)


@action
def create(command: NewWebhook, *, actor: Actor) -> tuple[Webhook, str]:
    """A new webhook, and its secret, which nobody is shown again.

    Raises:
        Forbidden: not the actor's to set up.
        PasswordNeeded: it was not given lately: from now on facts leave the house (abuse case A62).
        Invalid: an address that cannot be called, or a team that is not told of.
        Conflict: there are too many.
    """
    check(actor)
    must_have_confirmed(actor)
    if (db.session.scalar(sa.select(sa.func.count()).select_from(Webhook)) or 0) >= MOST:
        raise Conflict(_("There are as many webhooks as there may be."))
    secret = crypto.token()
    made = Webhook(
        name=command.name,
        url=checked(command.url),
        kinds=_kinds(command.kinds),
        team_ids=_teams(command.team_ids),
        with_devices=command.with_devices,
        sealed=crypto.encrypt(secret),
        is_active=command.is_active,
        created_by_id=actor.person_id,
        created_at=clock.now(),
    )
    db.session.add(made)
    db.session.flush()
    record(WebhookCreated(), actor=actor, subject=("webhook", made.id))
    return made, secret


@action
def change(webhook: Webhook, command: ChangeWebhook, *, version: int | None = None, actor: Actor) -> str:
    """Change what differs; returns the new secret of one that leads elsewhere now, else nothing (abuse case A65).

    Args:
        webhook: locked by the caller.
        version: the one the actor saw, None for whichever it is.

    Raises:
        Forbidden: not the actor's to set up.
        PasswordNeeded: another address, or devices from now on, and no password lately.
        Invalid: an address that cannot be called, or a team that is not told of.
        Stale: changed since then.
    """
    check(actor)
    _check_version(webhook, version)
    if command.with_devices and not webhook.with_devices:
        must_have_confirmed(actor)
    changed = _written(webhook, command)
    fresh = ""
    if command.url is not None and command.url != webhook.url:
        must_have_confirmed(actor)
        elsewhere = leads_elsewhere(webhook.url, checked(command.url))
        webhook.url = command.url
        _forget_trouble(webhook)
        changed.append("url")
        fresh = _renew(webhook, keep_former=False) if elsewhere else ""
    if changed:
        webhook.version += 1
        record(WebhookChanged(fields=changed), actor=actor, subject=("webhook", webhook.id))
    if fresh:
        record(WebhookRotated(keeps_former=False), actor=actor, subject=("webhook", webhook.id))
    return fresh


@action
def rotate(webhook: Webhook, *, keep_former: bool = True, version: int | None = None, actor: Actor) -> str:
    """A new secret, which nobody is shown again.

    Args:
        webhook: locked by the caller.
        keep_former: the present one signs as well for a day, so that the receiver can change over.
        version: the one the actor saw, None for whichever it is.

    Raises:
        Forbidden: not the actor's to set up.
        PasswordNeeded: it was not given lately.
        Stale: changed since then.
    """
    check(actor)
    must_have_confirmed(actor)
    _check_version(webhook, version)
    secret = _renew(webhook, keep_former=keep_former)
    webhook.version += 1
    record(WebhookRotated(keeps_former=keep_former), actor=actor, subject=("webhook", webhook.id))
    return secret


@action
def remove(webhook: Webhook, *, version: int | None = None, actor: Actor) -> None:
    """Take a webhook away; what still waits for it is dropped.

    Args:
        webhook: locked by the caller.
        version: the one the actor saw, None for whichever it is.

    Raises:
        Forbidden: not the actor's to set up.
        Stale: changed since then.
    """
    check(actor)
    _check_version(webhook, version)
    db.session.execute(sa.delete(WebhookAnswer).where(WebhookAnswer.webhook_id == webhook.id))
    db.session.delete(webhook)
    record(WebhookRemoved(), actor=actor, subject=("webhook", webhook.id))


def _check_version(webhook: Webhook, version: int | None) -> None:
    if version is not None and version != webhook.version:
        raise Stale(_("This was changed in the meantime."), version=webhook.version)


def _written(webhook: Webhook, command: ChangeWebhook) -> list[str]:
    """Write all that differs but for the address; returns the names."""
    given = {
        "name": command.name,
        "kinds": None if command.kinds is None else _kinds(command.kinds),
        "team_ids": None if command.team_ids is None else _teams(command.team_ids),
        "with_devices": command.with_devices,
        "is_active": command.is_active,
    }
    changed = [name for name, value in given.items() if value is not None and value != getattr(webhook, name)]
    for name in changed:
        setattr(webhook, name, given[name])
    if "is_active" in changed:
        _forget_trouble(webhook)
    return changed


def _forget_trouble(webhook: Webhook) -> None:
    webhook.failing_since, webhook.failures, webhook.trouble, webhook.off_at = None, 0, "", None


def _renew(webhook: Webhook, *, keep_former: bool) -> str:
    secret = crypto.token()
    webhook.former = webhook.sealed if keep_former else ""
    webhook.former_until = clock.now() + BOTH_FOR if keep_former else None
    webhook.sealed = crypto.encrypt(secret)
    return secret


def _kinds(kinds: Iterable[WebhookKind]) -> list[str]:
    chosen = set(kinds)
    return [str(kind) for kind in WebhookKind if kind in chosen]


def _teams(team_ids: Iterable[int]) -> list[int]:
    """Tickets of confidential teams leave the house in no webhook.

    Raises:
        Invalid: a confidential team, or one there is not.
    """
    wanted = set(team_ids)
    query = sa.select(Team.id).where(Team.id.in_(wanted), Team.is_confidential.is_(False))
    found = set(db.session.scalars(query)) if wanted else set()
    if found != wanted:
        raise Invalid({"team_ids": _("Please choose among the teams that are not confidential.")})
    return sorted(wanted)
