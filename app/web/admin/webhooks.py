"""`/admin/webhooks`: the webhooks, one of them with its log, trying it, sending again, a new secret."""

from __future__ import annotations

from typing import Annotated, Any

from flask import url_for
from pydantic import Field

from app.core import clock
from app.core.actor import Actor
from app.core.errors import Invalid
from app.core.language import _
from app.core.schema import Command, Line
from app.notifications.reasons import reason
from app.tickets.words import number_of
from app.web.admin.door import door
from app.web.admin.kinds import kind_name
from app.web.kit import page
from app.web.kit.forms import Form
from app.webhooks import queries
from app.webhooks.access import webhook_for
from app.webhooks.actions import endpoints, redelivering
from app.webhooks.schemas import ChangeWebhook
from app.webhooks.sending import Said
from app.webhooks.trials import try_out


class LogQuery(Command):
    """Which page of the log."""

    cursor: Annotated[Line, Field(max_length=500)] = ""


class WebhookRemoval(Command):
    """The name of the webhook that goes, typed once more."""

    name: Annotated[Line, Field(max_length=80)] = ""
    version: int = 1


@door.page("/admin/webhooks", allow="webhooks.manage")
def list_webhooks(actor: Actor) -> str:
    """Every webhook and how it does."""
    return page.render("admin/webhooks.html", rows=queries.webhooks(actor), reason=reason)


def webhook_page(actor: Actor, webhook_id: int, cursor: str = "", said: Said | None = None) -> str:
    """A webhook's page.

    Args:
        cursor: which page of its log.
        said: how the trial went that was just made.
    """
    webhook = webhook_for(actor, webhook_id)
    log = queries.log(webhook, cursor)
    teams = dict(queries.team_choices()) if webhook.team_ids else {}
    here = url_for("admin.show_webhook", webhook_id=webhook.id)
    return page.render(
        "admin/webhook.html",
        path=here,  # after a try as well, which has an address one cannot come back to
        webhook=webhook,
        kinds=[kind_name(kind) for kind in webhook.kinds],
        teams=[teams.get(team_id, "–") for team_id in webhook.team_ids],
        lines=log.rows,
        kind_name=kind_name,
        number_of=number_of,
        reason=reason,
        said=said,
        now=clock.now(),
        first_url=here if cursor else "",
        next_url=f"{here}?cursor={log.next_cursor}" if log.next_cursor else "",
    )


@door.page("/admin/webhooks/<int:webhook_id>", allow="webhooks.manage", query=LogQuery)
def show_webhook(actor: Actor, query: LogQuery, webhook_id: int) -> str:
    """One webhook: how it does, what can be done, what it was told."""
    return webhook_page(actor, webhook_id, query.cursor)


@door.deed("/admin/webhooks/<int:webhook_id>/test", allow="webhooks.manage", own_unit=True)
def send_trial(actor: Actor, webhook_id: int) -> str:
    """Call the receiver once with an event that is about nothing."""
    return webhook_page(actor, webhook_id, said=try_out(actor, webhook_id))


@door.deed("/admin/webhooks/<int:webhook_id>/on", allow="webhooks.manage")
def wake_webhook(actor: Actor, webhook_id: int) -> Any:
    """Let it hear of things again."""
    webhook = webhook_for(actor, webhook_id, lock=True)
    endpoints.change(webhook, ChangeWebhook(is_active=True), actor=actor)
    page.say(_("“%(name)s” hears of things again.", name=webhook.name))
    return page.go("admin.show_webhook", webhook_id=webhook.id)


@door.deed("/admin/webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/redeliver", allow="webhooks.manage")
def redeliver_event(actor: Actor, webhook_id: int, delivery_id: int) -> Any:
    """Send one delivery once more."""
    webhook = webhook_for(actor, webhook_id)
    redelivering.redeliver(webhook, delivery_id, actor=actor)
    page.say(_("It will be sent again in a moment."))
    return page.go("admin.show_webhook", webhook_id=webhook.id, _anchor="log")


def secret_page(name: str, webhook_id: int, secret: str) -> str:
    """The one page that shows a secret."""
    return page.render("admin/webhook_secret.html", name=name, webhook_id=webhook_id, secret=secret)


@door.deed("/admin/webhooks/<int:webhook_id>/secret", allow="webhooks.manage", shown_once="/admin/webhooks")
def renew_webhook_secret(actor: Actor, webhook_id: int) -> str:
    """A new secret; the present one signs as well for a day."""
    return _renewed(actor, webhook_id, keep_former=True)


@door.deed(
    "/admin/webhooks/<int:webhook_id>/secret/now", allow="webhooks.manage", shown_once="/admin/webhooks"
)
def replace_webhook_secret(actor: Actor, webhook_id: int) -> str:
    """A new secret in place of one that others know."""
    return _renewed(actor, webhook_id, keep_former=False)


def _renewed(actor: Actor, webhook_id: int, *, keep_former: bool) -> str:
    webhook = webhook_for(actor, webhook_id, lock=True)
    secret = endpoints.rotate(webhook, keep_former=keep_former, actor=actor)
    return secret_page(webhook.name, webhook_id, secret)


def _removal_page(actor: Actor, form: Form[Any], webhook_id: int) -> str:
    return page.render("admin/webhook_remove.html", form=form, webhook=webhook_for(actor, webhook_id))


@door.page("/admin/webhooks/<int:webhook_id>/remove", allow="webhooks.manage")
def webhook_removal(actor: Actor, webhook_id: int) -> str:
    """What removing it means, and the field for its name."""
    return _removal_page(actor, Form({"version": webhook_for(actor, webhook_id).version}), webhook_id)


@door.deed(
    "/admin/webhooks/<int:webhook_id>/remove",
    allow="webhooks.manage",
    takes=WebhookRemoval,
    again=_removal_page,
)
def remove_webhook(actor: Actor, command: WebhookRemoval, webhook_id: int) -> Any:
    """Take it away."""
    webhook = webhook_for(actor, webhook_id, lock=True)
    name = webhook.name
    if command.name.casefold() != name.casefold():
        raise Invalid({"name": _("Please type the name exactly as it stands here.")})
    endpoints.remove(webhook, actor=actor)
    page.say(_("“%(name)s” is removed.", name=name))
    return page.go("admin.list_webhooks")
