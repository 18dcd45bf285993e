"""How the groups of settings look as forms: labels, hints, kinds of fields, and the commands the forms make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import Field, create_model

from app.core.language import Lazy, lazy_gettext
from app.core.schema import Command
from app.settings import fixed
from app.settings.schemas import CardRules, Group, MailRules, SignInRules, Site, TicketRules

G = TypeVar("G", bound=Group)


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting of a form; ``kind`` is the type of its input, or ``checkbox``."""

    name: str
    label: Lazy
    kind: str = "text"
    hint: Lazy | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One group as a page."""

    group: type[Group]
    title: Lazy
    entries: tuple[Entry, ...]


SHEETS: dict[str, Sheet] = {
    sheet.group.name: sheet
    for sheet in (
        Sheet(
            Site,
            lazy_gettext("Organisation"),
            (
                Entry(
                    "title",
                    lazy_gettext("Name"),
                    hint=lazy_gettext("Stands in the head of every page and mail."),
                ),
                Entry("support_email", lazy_gettext("Support e-mail"), "email"),
                Entry("support_phone", lazy_gettext("Support phone"), "tel"),
                Entry("emergency_phone", lazy_gettext("Emergency phone"), "tel"),
                Entry(
                    "hours", lazy_gettext("Support hours"), hint=lazy_gettext("Such as: Mon to Fri 8 to 17.")
                ),
                Entry("teams_url", lazy_gettext("Link to Teams"), "url"),
                Entry("docs_url", lazy_gettext("Link to instructions"), "url"),
                Entry("imprint_url", lazy_gettext("Link to the imprint"), "url"),
                Entry("privacy_url", lazy_gettext("Link to the privacy notice"), "url"),
                Entry(
                    "accent",
                    lazy_gettext("Accent colour"),
                    hint=lazy_gettext(
                        "Such as #0a6272; white text must be readable on it (contrast 4.5 or more)."
                    ),
                ),
                Entry(
                    "logo_url",
                    lazy_gettext("Logo"),
                    hint=lazy_gettext("Address of a picture on this server."),
                ),
            ),
        ),
        Sheet(
            TicketRules,
            lazy_gettext("Tickets"),
            (
                Entry("close_after_days", lazy_gettext("Close resolved tickets after (days)"), "number"),
                Entry(
                    "reopen_within_days",
                    lazy_gettext("Customers may reopen closed tickets for (days)"),
                    "number",
                ),
                Entry("rating_within_days", lazy_gettext("Ratings can be changed for (days)"), "number"),
                Entry(
                    "undo_seconds",
                    lazy_gettext("A sent reply can be taken back for (seconds)"),
                    "number",
                    lazy_gettext("So long it is not sent and not shown."),
                ),
                Entry(
                    "correct_within_minutes",
                    lazy_gettext("Authors may correct own entries for (minutes)"),
                    "number",
                    lazy_gettext("Unless it was sent or read before."),
                ),
                Entry(
                    "agents_hand_on", lazy_gettext("Agents may hand tickets on within their team"), "checkbox"
                ),
                Entry(
                    "agents_see_all_teams",
                    lazy_gettext("Agents see the tickets of all teams"),
                    "checkbox",
                    lazy_gettext("Confidential teams stay closed."),
                ),
            ),
        ),
        Sheet(
            MailRules,
            lazy_gettext("Mail"),
            (
                Entry(
                    "automatic_per_hour",
                    lazy_gettext("Automatic mails to one address in an hour, at most"),
                    "number",
                    lazy_gettext("Protects against two machines that answer each other."),
                ),
                Entry(
                    "automatic_per_hour_in_all",
                    lazy_gettext("Automatic mails of the whole house in an hour, at most"),
                    "number",
                    lazy_gettext("What is over it goes out in the next hour."),
                ),
                Entry("acknowledge", lazy_gettext("Confirm every new request by mail"), "checkbox"),
                Entry(
                    "bounces_until_muted",
                    lazy_gettext("Mails that came back until an address gets no automatic mail any more"),
                    "number",
                    lazy_gettext("A mail from the address, or an administrator, lets mail go there again."),
                ),
            ),
        ),
        Sheet(
            CardRules,
            lazy_gettext("Microsoft Teams"),
            (
                Entry(
                    "at_once",
                    lazy_gettext("Cards one by one to one channel in a minute, at most"),
                    "number",
                    lazy_gettext("When there are more, one card names them all a minute later."),
                ),
            ),
        ),
        Sheet(
            SignInRules,
            lazy_gettext("Sign-in"),
            (
                Entry("self_registration", lazy_gettext("Customers may register themselves"), "checkbox"),
                Entry(
                    "admins_need_second_factor",
                    lazy_gettext("Administrators need a second factor"),
                    "checkbox",
                    lazy_gettext("Whoever has none yet is led to set it up at the next sign-in."),
                ),
            ),
        ),
    )
}


def form_of(group: type[Group]) -> type[Command]:
    """The command a group's form makes: a box that is not ticked is not sent and means no."""
    fields: dict[str, Any] = {}
    for name, field in group.model_fields.items():
        limited = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
        fields[name] = (limited, False if field.annotation is bool else field.default)
    return create_model(f"{group.__name__}Form", __base__=Command, version=(int, Field(0, ge=0)), **fields)


def merged(group: type[G], now: G, sent: Command) -> G:
    """What to save: what was sent, but what the environment decides as it is."""
    decided = fixed.of(group)
    wanted = sent.model_dump(exclude={"version"})
    return group.model_validate(
        {name: getattr(now, name) if name in decided else wanted[name] for name in wanted}
    )
