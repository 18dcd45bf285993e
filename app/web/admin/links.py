"""`/admin/links`: one-time links to hand over by hand, where no mail goes out."""

from __future__ import annotations

from typing import Any

from app.accounts.actions import handing_over
from app.accounts.open_links import open_links
from app.accounts.words import TokenPurpose
from app.core.actor import Actor
from app.core.errors import Conflict
from app.core.language import Lazy, _, lazy_gettext
from app.web.admin.door import door
from app.web.kit import page
from app.web.kit.postage import mail_goes_out

PURPOSES: dict[TokenPurpose, Lazy] = {
    TokenPurpose.CONFIRM: lazy_gettext("Confirm the registration"),
    TokenPurpose.RESET: lazy_gettext("Choose a new password"),
    TokenPurpose.WELCOME: lazy_gettext("Choose the first password"),
    TokenPurpose.CHANGE_EMAIL: lazy_gettext("Confirm the new address"),
    TokenPurpose.ADD_EMAIL: lazy_gettext("Confirm a further address"),
}


@door.page("/admin/links", allow="people.manage_admins")
def links(_actor: Actor) -> str:
    """Links that still work: for whom and for what, but not the links themselves."""
    goes_out = mail_goes_out()
    rows = [] if goes_out else open_links()
    return page.render("admin/links.html", rows=rows, purposes=PURPOSES, mail_goes_out=goes_out)


@door.deed("/admin/links/<int:token_id>", allow="people.manage_admins")
def show_link(actor: Actor, token_id: int) -> Any:
    """One link, to copy; that it was shown is written down."""
    if mail_goes_out():
        raise Conflict(_("Mail goes out, so links are sent and not handed over."))
    token, link = handing_over.show_link(token_id, actor=actor)
    person = next((row for row in open_links() if row.id == token.id), None)
    return page.render(
        "admin/link.html", token=token, link=link, person=person, purpose=PURPOSES[token.purpose]
    )
