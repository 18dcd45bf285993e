"""`/admin/teams/…`: a team's channel in Teams: its address, what it is told of, trying it, switching it on again."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from app.accounts.access import team_for
from app.accounts.actions import team_webhooks
from app.accounts.words import CardKind
from app.core.actor import Actor
from app.core.language import _
from app.core.schema import Command
from app.notifications import switching
from app.notifications.card_trials import view_of
from app.web.admin.door import door
from app.web.admin.teams import team_page
from app.web.kit import page
from app.web.kit.forms import Form
from app.web.kit.webhooks import Webhook, check_webhook, tried


class TeamWebhook(Webhook):
    """A new Teams address, or the wish to forget the one there is."""

    forget: bool = False


class CardKinds(Command):
    """What a team's channel is told of; what is not ticked is not."""

    kinds: list[CardKind] = Field(default_factory=list, max_length=20)


def _webhook_again(actor: Actor, form: Form[Any], team_id: int) -> str:
    return team_page(actor, team_id, webhook_form=form)


@door.deed("/admin/teams/<int:team_id>/webhook", allow="admin.teams", takes=TeamWebhook, again=_webhook_again)
def change_webhook(actor: Actor, command: TeamWebhook, team_id: int) -> Any:
    """Keep a new Teams address, or forget it."""
    team = team_for(actor, team_id, lock=True)
    if not command.forget:
        check_webhook(command.webhook_url)
    team_webhooks.set_webhook(team, "" if command.forget else command.webhook_url, actor=actor)
    page.say(_("The Teams address was removed.") if command.forget else _("The Teams address was saved."))
    return page.go("admin.team", team_id=team.id, _anchor="teams")


def _kinds_again(actor: Actor, form: Form[Any], team_id: int) -> str:
    return team_page(actor, team_id, kinds_form=form)


@door.deed("/admin/teams/<int:team_id>/cards", allow="admin.teams", takes=CardKinds, again=_kinds_again)
def choose_cards(actor: Actor, command: CardKinds, team_id: int) -> Any:
    """Choose what the channel is told of."""
    team = team_for(actor, team_id, lock=True)
    team_webhooks.choose_kinds(team, command.kinds, actor=actor)
    page.say(_("Your choice is saved."))
    return page.go("admin.team", team_id=team.id, _anchor="teams")


@door.deed("/admin/teams/<int:team_id>/webhook/test", allow="admin.teams", own_unit=True)
def try_webhook(actor: Actor, team_id: int) -> str:
    """Post a card that says it is only a trial."""
    team = team_for(actor, team_id)
    return team_page(actor, team.id, trial=tried(actor, f"team:{team.id}"))


@door.deed("/admin/teams/<int:team_id>/webhook/on", allow="admin.teams")
def switch_webhook_on(actor: Actor, team_id: int) -> Any:
    """Let cards go there again after days of failing."""
    team = team_for(actor, team_id)
    channel = view_of(f"team:{team.id}")
    if channel is not None:
        switching.switch_on(channel.key, actor=actor)
        page.say(_("Cards go to the channel again."))
    return page.go("admin.team", team_id=team.id, _anchor="teams")
