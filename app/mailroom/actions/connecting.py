"""Connecting a mailbox at Microsoft in the name of somebody who signed in there, and connecting it again."""

from __future__ import annotations

from collections.abc import Collection

from app.core import crypto
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Invalid
from app.core.language import _
from app.events.log import action, record
from app.mailroom.access import account_for
from app.mailroom.actions import account_parts as parts
from app.mailroom.events import MailAccountConnected
from app.mailroom.graph_route import scopes as wanted
from app.mailroom.models import MailAccount, Mailbox
from app.mailroom.words import Login


@action
def connect(account_id: int, refresh_token: str, upn: str, scopes: Collection[str], *, actor: Actor) -> None:
    """Read and send from a mailbox in somebody's name from now on; where reading stands is kept.

    Args:
        refresh_token: what they were given at Microsoft for us.
        upn: their sign-in name there.
        scopes: what they agreed to.

    Raises:
        NotFound, Forbidden: see ``access``; the password was asked for before they were sent to Microsoft.
        Conflict: the account is not spoken to in somebody's name.
        Invalid: they agreed to less than is needed.
    """
    parts.must_be_theirs(actor)
    account = account_for(actor, account_id, lock=True)
    if account.login is not Login.GRAPH_USER:
        raise Conflict(_("This account is not connected in the name of a person."))
    _check_scopes(account, scopes)
    if not refresh_token:
        raise Invalid({"": _("Microsoft gave no permission that lasts. Please try again.")})
    account.oauth_refresh_secret, account.graph_person = crypto.encrypt(refresh_token), upn[:254]
    mailbox = db.session.get_one(Mailbox, account.id, with_for_update=True)
    mailbox.token, mailbox.token_until, mailbox.next_at = "", None, None
    mailbox.failures, mailbox.trouble, mailbox.detail, mailbox.failing_since = 0, "", "", None
    record(MailAccountConnected(), actor=actor, subject=("mail_account", account.id))


def _check_scopes(account: MailAccount, scopes: Collection[str]) -> None:
    given = {scope.rpartition("/")[2].lower() for scope in scopes}
    missing = [one for one in wanted(changes=account.graph_changes) if one.lower() not in given]
    if missing:
        names = ", ".join(missing)
        raise Invalid({"": _("Microsoft did not grant what is needed: %(names)s.", names=names)})
