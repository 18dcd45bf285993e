"""The forms of mail accounts as a browser sends them, and the accounts behind them."""

from __future__ import annotations

import html
import re
from functools import partial
from typing import Any

import sqlalchemy as sa

from app.accounts.actors import SHELL
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Event
from app.mailroom.actions import accounts
from app.mailroom.models import MailAccount
from app.mailroom.schemas import NewAccount

HELP = "hilfe@firma.example"
SECRET = "Seepferd-&-4711"
GOOD = {
    "address": HELP,
    "name": "IT-Service",
    "login": "password",
    "imap_host": "imap.firma.example",
    "imap_port": "993",
    "imap_tls": "implicit",
    "imap_username": HELP,
    "imap_password": SECRET,
    "imap_folder": "INBOX",
    "smtp_host": "smtp.firma.example",
    "smtp_port": "587",
    "smtp_tls": "starttls",
    "max_mb": "40",
    "afterwards": "leave",
    "is_active": "true",
}
OAUTH = {
    "login": "oauth",
    "imap_password": "",
    "oauth_token_url": "https://login.provider.example/token",
    "oauth_client_id": "4711",
    "oauth_client_secret": SECRET,
}


def told(answer: Any) -> str:
    return html.unescape(answer.get_data(as_text=True))


def made(**given: Any) -> int:
    """An account that is set up; its id."""
    form = {name: value for name, value in (GOOD | given).items() if value != ""}
    return run_unit(partial(accounts.create, NewAccount.model_validate(form), actor=SHELL)).id


def account(account_id: int = 0) -> MailAccount:
    """An account as it is in the database now."""
    db.session.expire_all()
    query = sa.select(MailAccount).order_by(MailAccount.id.desc())
    return db.session.scalars(query.where(MailAccount.id == account_id) if account_id else query).first()


def changed(number: int, **given: str) -> dict[str, str]:
    """The form of an account as a browser sends it back, with some fields changed and no secret typed."""
    found = account(number)
    names = [
        name for name in NewAccount.model_fields if not name.startswith("oauth_") or found.login == "oauth"
    ]
    values = {name: getattr(found, name) for name in names if hasattr(found, name)}
    form = {
        name: str(getattr(value, "value", value))
        for name, value in values.items()
        if value not in (None, False)
    }
    form = {name: "true" if value == "True" else value for name, value in form.items()}
    return form | {"version": str(found.version)} | given


def kinds() -> list[str]:
    """What people did, in order."""
    return list(
        db.session.scalars(sa.select(Event.kind).where(Event.actor_kind == "person").order_by(Event.id))
    )


def value_of(text: str, name: str) -> str:
    """What stands in a field of a page."""
    found = re.search(rf'<input[^>]* name="{name}"[^>]*>', text)
    assert found is not None, name
    value = re.search(r' value="([^"]*)"', found[0])
    return html.unescape(value[1]) if value else ""
