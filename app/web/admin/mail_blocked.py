"""`/admin/mail/blocked`, `/admin/mail/muted`: whose mail becomes no ticket, and who gets no automatic mail any more."""

from __future__ import annotations

from typing import Annotated, Any

from flask import url_for
from pydantic import Field

from app.accounts.queries import names
from app.core.actor import Actor
from app.core.language import _
from app.core.schema import Command, Line
from app.mailroom import shelves
from app.mailroom.actions import blocking, bouncing
from app.mailroom.schemas import NewBlock
from app.web.admin.door import door
from app.web.kit import page
from app.web.kit.forms import Form


class Turned(Command):
    """Which page of a list."""

    cursor: Annotated[Line, Field(max_length=500)] = ""


def _blocked_page(actor: Actor, form: Form[Any], cursor: str = "") -> str:
    found = shelves.blocked(actor, cursor)
    return page.render(
        "admin/mail_blocked.html",
        form=form,
        rows=found.rows,
        people=names(row.created_by_id for row in found.rows),
        first_url=url_for("admin.blocked_senders") if cursor else "",
        next_url=url_for("admin.blocked_senders", cursor=found.next_cursor) if found.next_cursor else "",
    )


@door.page("/admin/mail/blocked", allow="admin.mail", query=Turned)
def blocked_senders(actor: Actor, query: Turned) -> str:
    """Senders whose mail becomes no ticket."""
    return _blocked_page(actor, Form(), query.cursor)


@door.deed("/admin/mail/blocked", allow="admin.mail", takes=NewBlock, again=_blocked_page)
def block_sender(actor: Actor, command: NewBlock) -> Any:
    """Take no more mail of an address or a domain."""
    blocked = blocking.block(command, actor=actor)
    page.say(_("Mail of %(pattern)s becomes no ticket any more.", pattern=blocked.pattern))
    return page.go("admin.blocked_senders")


@door.deed("/admin/mail/blocked/<int:blocked_id>/remove", allow="admin.mail")
def unblock_sender(actor: Actor, blocked_id: int) -> Any:
    """Take mail again."""
    pattern = blocking.unblock(blocked_id, actor=actor)
    page.say(_("Mail of %(pattern)s becomes tickets again.", pattern=pattern))
    return page.go("admin.blocked_senders")


@door.page("/admin/mail/muted", allow="admin.mail", query=Turned)
def muted_addresses(actor: Actor, query: Turned) -> str:
    """Addresses that get no automatic mail because it keeps coming back."""
    found = shelves.muted(actor, query.cursor)
    return page.render(
        "admin/mail_muted.html",
        rows=found.rows,
        first_url=url_for("admin.muted_addresses") if query.cursor else "",
        next_url=url_for("admin.muted_addresses", cursor=found.next_cursor) if found.next_cursor else "",
    )


@door.deed("/admin/mail/muted/<int:muted_id>/write-again", allow="admin.mail")
def write_again(actor: Actor, muted_id: int) -> Any:
    """Mail to an address makes sense again."""
    address = shelves.muted_address(actor, muted_id)
    bouncing.lives(address, actor=actor)
    page.say(_("%(address)s gets automatic mail again.", address=address))
    return page.go("admin.muted_addresses")
