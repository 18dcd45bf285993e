"""`/admin/webhooks/new`, `/admin/webhooks/<id>/edit`: setting up a webhook."""

from __future__ import annotations

from typing import Any

from flask import make_response
from pydantic import Field

from app.accounts.access import must_have_confirmed
from app.core.actor import Actor
from app.core.errors import PasswordNeeded, Stale
from app.core.language import _
from app.core.schema import Command
from app.core.uow import run_unit
from app.web.admin.door import door
from app.web.admin.kinds import kind_name
from app.web.admin.mail_account_forms import confirm_first
from app.web.admin.webhooks import secret_page
from app.web.kit import page
from app.web.kit.forms import Form
from app.webhooks import queries
from app.webhooks.access import webhook_for
from app.webhooks.actions import endpoints
from app.webhooks.schemas import ChangeWebhook, Kinds, Name, NewWebhook, TeamIds, Url
from app.webhooks.words import WebhookKind

FIELDS = ("name", "url", "kinds", "team_ids", "with_devices", "is_active", "version")


class WebhookForm(Command):
    """What the form sends; a box that is not ticked means no."""

    name: Name
    url: Url
    kinds: Kinds
    team_ids: TeamIds = Field(default_factory=list)
    with_devices: bool = False
    is_active: bool = False
    version: int = 0


def _form_page(actor: Actor, form: Form[Any], webhook_id: int | None = None) -> str:
    webhook = webhook_for(actor, webhook_id) if webhook_id is not None else None
    return page.render(
        "admin/webhook_form.html",
        path=f"/admin/webhooks/{webhook.id}/edit" if webhook else "/admin/webhooks/new",
        form=form,
        webhook=webhook,
        kinds=[(kind.value, kind_name(kind)) for kind in WebhookKind],
        teams=queries.team_choices(),
    )


@door.page("/admin/webhooks/new", allow="webhooks.manage")
def new_webhook(actor: Actor) -> str:
    """The empty form."""
    must_have_confirmed(actor)
    return _form_page(actor, Form({"kinds": [WebhookKind.OPENED], "is_active": True}))


@door.deed(
    "/admin/webhooks/new",
    allow="webhooks.manage",
    takes=WebhookForm,
    again=_form_page,
    shown_once="/admin/webhooks",
)
def create_webhook(actor: Actor, command: WebhookForm) -> Any:
    """Make a webhook and show its secret."""
    given = NewWebhook(**command.model_dump(exclude={"version"}))
    try:
        made, secret = endpoints.create(given, actor=actor)
    except PasswordNeeded as late:
        raise confirm_first() from late
    return secret_page(made.name, made.id, secret)


@door.page("/admin/webhooks/<int:webhook_id>/edit", allow="webhooks.manage")
def edit_webhook(actor: Actor, webhook_id: int) -> str:
    """The form with what is stored."""
    webhook = webhook_for(actor, webhook_id)
    must_have_confirmed(actor)
    return _form_page(actor, Form({name: getattr(webhook, name) for name in FIELDS}), webhook_id)


@door.deed(
    "/admin/webhooks/<int:webhook_id>/edit",
    allow="webhooks.manage",
    takes=WebhookForm,
    again=_form_page,
    own_unit=True,
)
def save_webhook(actor: Actor, command: WebhookForm, webhook_id: int) -> Any:
    """Save a webhook; one that leads elsewhere has a new secret, which is shown."""
    given = ChangeWebhook(**command.model_dump(exclude={"version"}))

    def work() -> tuple[str, str]:
        webhook = webhook_for(actor, webhook_id, lock=True)
        return webhook.name, endpoints.change(webhook, given, version=command.version, actor=actor)

    try:
        name, secret = run_unit(work)
    except PasswordNeeded as late:
        raise confirm_first() from late
    except Stale as clash:
        version = webhook_for(actor, webhook_id).version
        form: Form[Any] = Form(command.model_dump() | {"version": version})
        form.blame({"": [clash.message]})
        return make_response(_form_page(actor, form, webhook_id), 409)
    if secret:
        return secret_page(name, webhook_id, secret)
    page.say(_("“%(name)s” was saved.", name=name))
    return page.go("admin.show_webhook", webhook_id=webhook_id)
