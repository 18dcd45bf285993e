"""`/auth/teams`: cards about the own tickets, in a channel or chat of one's own in Teams."""

from __future__ import annotations

from typing import Any

from app.accounts.access import must_have_confirmed
from app.accounts.actions import team_webhooks
from app.core.actor import Actor
from app.core.language import _
from app.notifications import switching
from app.notifications.card_trials import CardTrial, view_of
from app.web.auth.door import door
from app.web.auth.forms import NextQuery
from app.web.kit import page
from app.web.kit.forms import Form
from app.web.kit.webhooks import Webhook, check_webhook, tried


class OwnWebhook(Webhook, NextQuery):
    """The own Teams address; ``next`` is this page again, should the password have to be given first."""


def _target(actor: Actor) -> str:
    return f"person:{actor.person_id}"


def _state(actor: Actor, trial: CardTrial | None = None) -> str:
    return page.render("auth/own_teams.html", channel=view_of(_target(actor)), trial=trial)


@door.page("/auth/teams", allow="tickets.work")
def own_teams(actor: Actor) -> str:
    """Whether there is an address, how it does, and what can be done about it."""
    return _state(actor)


def _form_page(_actor: Actor, form: Form[Any]) -> str:
    return page.render("auth/own_teams_address.html", form=form)


@door.page("/auth/teams/address", allow="tickets.work")
def own_teams_address(actor: Actor) -> str:
    """A new address; from then on facts leave the house, so the password is asked for first."""
    must_have_confirmed(actor)
    return _form_page(actor, Form())


@door.deed("/auth/teams/address", allow="tickets.work", takes=OwnWebhook, again=_form_page)
def set_own_teams(actor: Actor, command: OwnWebhook) -> Any:
    """Keep it, encrypted."""
    check_webhook(command.webhook_url)
    team_webhooks.set_own(command.webhook_url, actor=actor)
    page.say(_("The Teams address was saved."))
    return page.go("auth.own_teams")


@door.deed("/auth/teams/test", allow="tickets.work", own_unit=True)
def try_own_teams(actor: Actor) -> str:
    """Post a card that says it is only a trial."""
    return _state(actor, tried(actor, _target(actor)))


@door.deed("/auth/teams/on", allow="tickets.work")
def switch_own_teams_on(actor: Actor) -> Any:
    """Let cards go there again after days of failing."""
    switching.switch_on(_target(actor), actor=actor)
    page.say(_("Cards go to the channel again."))
    return page.go("auth.own_teams")


@door.deed("/auth/teams/remove", allow="tickets.work")
def remove_own_teams(actor: Actor) -> Any:
    """No cards any more."""
    team_webhooks.remove_own(actor=actor)
    page.say(_("The Teams address was removed."))
    return page.go("auth.own_teams")
