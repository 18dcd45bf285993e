"""Mails that are about no ticket: the own account, and what administrators and senders hear of mailboxes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from app.accounts import tokens
from app.accounts.fetch_troubles import words
from app.accounts.key_words import SCOPE_NAMES, Scope
from app.accounts.models import OneTimeToken, Team
from app.accounts.program_models import ApiKey
from app.accounts.queries import names
from app.accounts.words import Role
from app.core.db import db
from app.core.formats import Formats
from app.events.models import Event
from app.mailroom.models import MailAccount, RawMail
from app.mailroom.troubles import trouble
from app.notifications import places
from app.notifications.card_troubles import mend_of
from app.notifications.reasons import reason
from app.notifications.scene import Reader

# The name of the template and the values it names.
Made = tuple[str, dict[str, Any]]


def _with_link(template: str) -> Callable[[Event, Reader, str, Formats], Made | None]:
    """A mail that carries a one-time link; none is sent for a link that was used or replaced meanwhile."""

    def make(event: Event, reader: Reader, _mailbox: str, formats: Formats) -> Made | None:
        link = tokens.link_for(event.payload["token_id"])
        row = db.session.get(OneTimeToken, event.payload["token_id"])
        if link is None or row is None:
            return None
        how = event.payload.get("how", "")
        return template, {
            "link": link,
            "until": formats.moment(row.expires_at),
            "address": reader.email,
            "name": reader.name,
            "how": how,
        }

    return make


def _password_changed(event: Event, _reader: Reader, _mailbox: str, formats: Formats) -> Made:
    values = {"at": formats.moment(event.at), "forgot_url": places.forgot_password()}
    return "password_changed", values


def _password_not_needed(_event: Event, reader: Reader, _mailbox: str, _formats: Formats) -> Made:
    return "password_not_needed", {"name": reader.name, "sign_in_url": places.sign_in()}


def _second_factor(template: str) -> Callable[[Event, Reader, str, Formats], Made]:
    """A mail about the second factor: what changed, when, and whether staff did it."""

    def make(event: Event, _reader: Reader, _mailbox: str, formats: Formats) -> Made:
        by_staff = event.payload.get("by_staff", False)
        values = {"at": formats.moment(event.at), "by_staff": by_staff}
        return template, values | {"forgot_url": places.forgot_password()}

    return make


def _about_address(template: str) -> Callable[[Event, Reader, str, Formats], Made | None]:
    """A mail that names the address an event is about."""

    def make(event: Event, _reader: Reader, _mailbox: str, _formats: Formats) -> Made | None:
        row = db.session.get(OneTimeToken, event.payload["token_id"])
        values = {"how": event.payload.get("how", ""), "forgot_url": places.forgot_password()}
        return None if row is None else (template, values | {"address": row.detail})

    return make


def _requested(confirm: str, warning: str) -> Callable[[Event, Reader, str, Formats], Made | None]:
    """The link goes to the address that is to be confirmed, a warning to the present one."""
    ways = {"new": _with_link(confirm), "old": _about_address(warning)}
    return lambda event, reader, mailbox, formats: ways[mailbox](event, reader, mailbox, formats)


def _about_mailbox(template: str) -> Callable[[Event, Reader, str, Formats], Made | None]:
    """A mail to administrators about a mailbox; none when the account is gone."""

    def make(event: Event, _reader: Reader, _mailbox: str, _formats: Formats) -> Made | None:
        account = db.session.get(MailAccount, event.subject_id)
        if account is None:
            return None
        told = trouble(event.payload.get("trouble", ""))
        values = {"address": account.address, "hours": event.payload.get("hours", 0)}
        return template, values | {
            "wrong": told.wrong,
            "mend": told.mend,
            "url": places.mail_account(account.id),
        }

    return make


def _channel_off(event: Event, reader: Reader, _mailbox: str, formats: Formats) -> Made:
    """A channel in Teams took no card for three days."""
    owner, number = event.payload["owner"], event.subject_id
    team = db.session.get(Team, number) if owner == "team" else None
    url = {"person": places.own_channel(), "team": places.team_channel(number)}.get(owner, places.teams())
    trouble = event.payload["trouble"]
    may_mend = owner == "person" or reader.role is Role.ADMIN
    values = {"owner": owner, "team": team.name if team else "", "at": formats.moment(event.at)}
    values["url"] = url if may_mend else ""
    return "channel_off", values | {"wrong": reason(trouble)[0], "mend": mend_of(trouble)}


def _secret_ending(event: Event, _reader: Reader, _mailbox: str, formats: Formats) -> Made:
    day = datetime.fromisoformat(event.payload["on"]).replace(hour=12, tzinfo=UTC)
    return "secret_ending", {"day": formats.day(day), "url": places.microsoft()}


def _fetch_stopped(event: Event, _reader: Reader, _mailbox: str, _formats: Formats) -> Made:
    trouble = event.payload["trouble"]
    told = words(trouble)
    values = {"trouble": trouble, "count": event.payload["count"], "url": places.people_fetched()}
    return "people_fetch_stopped", values | {"wrong": str(told.wrong), "mend": str(told.mend)}


def _too_large(event: Event, reader: Reader, _mailbox: str, formats: Formats) -> Made | None:
    raw = db.session.get(RawMail, event.subject_id)
    if raw is None:
        return None
    account = db.session.get(MailAccount, raw.mail_account_id) if raw.mail_account_id else None
    most = formats.size(account.max_mb * 1024 * 1024) if account else ""
    # Anybody can write in somebody's name; whoever is not confirmed does not get the words back (abuse case A13).
    subject = raw.subject if reader.verified_at is not None else ""
    values = {"subject": subject, "size": formats.size(event.payload["size"]), "most": most}
    return "too_large", values | {"url": places.portal()}


def _webhook_off(event: Event, _reader: Reader, _mailbox: str, formats: Formats) -> Made:
    """The receiver of a webhook took nothing for two days."""
    values = {"name": event.payload["name"], "at": formats.moment(event.at)}
    wrong = reason(event.payload["trouble"])[0]
    return "webhook_off", values | {"wrong": wrong, "url": places.webhook(event.subject_id)}


def _api_key_made(event: Event, reader: Reader, _mailbox: str, formats: Formats) -> Made | None:
    """A program may act in the reader's name from now on; none when the key is forgotten by now."""
    key = db.session.get(ApiKey, event.payload["key_id"])
    if key is None:
        return None
    maker = names([event.actor_id]).get(event.actor_id or 0)
    values = {"name": key.name, "at": formats.moment(event.at), "until": formats.moment(key.expires_at)}
    return "api_key_made", values | {
        "by_yourself": event.actor_id == reader.id,
        "maker": maker.full_name if maker else "",
        "scopes": "; ".join(str(SCOPE_NAMES[Scope(scope)]) for scope in key.scopes),
    }


TABLE: dict[str, Callable[[Event, Reader, str, Formats], Made | None]] = {
    "mail.too_large": _too_large,
    "mailbox.failing": _about_mailbox("mailbox_failing"),
    "notification.channel_off": _channel_off,
    "mailbox.secret_ending": _secret_ending,
    "mailbox.silent": _about_mailbox("mailbox_silent"),
    "people.fetch_stopped": _fetch_stopped,
    "person.welcomed": _with_link("welcome"),
    "registration.started": _with_link("confirm"),
    "password.reset_requested": _with_link("reset"),
    "password.changed": _password_changed,
    "password.not_needed": _password_not_needed,
    "email.change_requested": _requested("email_confirm", "email_warning"),
    "email.changed": _about_address("email_changed"),
    "email.further_requested": _requested("address_confirm", "address_warning"),
    "email.further_added": _about_address("address_added"),
    "email.further_removed": _about_address("address_removed"),
    "api_key.created": _api_key_made,
    "totp.enrolled": _second_factor("second_factor_on"),
    "totp.removed": _second_factor("second_factor_off"),
    "totp.codes_renewed": _second_factor("recovery_codes"),
    "webhook.switched_off": _webhook_off,
}
