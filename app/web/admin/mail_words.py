"""What the choices of a mail account are called on its pages."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from app.core.language import Lazy, lazy_gettext
from app.mailroom.words import Afterwards, Login, Tls

# Where the mailboxes of most companies are, and what to enter for them.
MICROSOFT_TOKENS = "https://login.microsoftonline.com/TENANT/oauth2/v2.0/token"
MICROSOFT_SCOPE = "https://outlook.office365.com/.default"
LOGINS: dict[str, tuple[Lazy, Lazy]] = {
    Login.PLAIN: (
        lazy_gettext("User name and password"),
        lazy_gettext("What most providers use; some want an app password."),
    ),
    Login.OAUTH: (
        lazy_gettext("OAuth 2.0"),
        lazy_gettext("Microsoft 365 and Google, with a registered application."),
    ),
    Login.GRAPH_APP: (
        lazy_gettext("Microsoft 365, by the application itself"),
        lazy_gettext("For shared mailboxes, too. Only for mailboxes on the list in the administration."),
    ),
    Login.GRAPH_USER: (
        lazy_gettext("Microsoft 365, in the name of a person"),
        lazy_gettext("Somebody signs in at Microsoft as the mailbox and connects it afterwards."),
    ),
}
IMAP_TLS: dict[str, Lazy] = {
    Tls.IMPLICIT: lazy_gettext("Encrypted from the first byte (port 993)"),
    Tls.STARTTLS: lazy_gettext("STARTTLS (port 143)"),
    Tls.NONE: lazy_gettext("Not encrypted, for a server on the same machine only"),
}
SMTP_TLS: dict[str, Lazy] = {
    Tls.STARTTLS: lazy_gettext("STARTTLS (port 587)"),
    Tls.IMPLICIT: lazy_gettext("Encrypted from the first byte (port 465)"),
    Tls.NONE: lazy_gettext("Not encrypted, for a server on the same machine only"),
}
TLS: dict[str, Lazy] = {
    Tls.IMPLICIT: lazy_gettext("encrypted"),
    Tls.STARTTLS: lazy_gettext("encrypted (STARTTLS)"),
    Tls.NONE: lazy_gettext("not encrypted"),
}
AFTERWARDS: dict[str, Lazy] = {
    Afterwards.LEAVE: lazy_gettext("Leave it as it is"),
    Afterwards.SEEN: lazy_gettext("Mark it as read"),
    Afterwards.MOVE: lazy_gettext("Move it to a folder"),
}
LANGUAGES: dict[str, Lazy] = {"de": lazy_gettext("German"), "en": lazy_gettext("English")}


def noon(day: date | None) -> datetime | None:
    """A day as a moment that is the same day in every zone people work in."""
    return datetime.combine(day, time(12), UTC) if day is not None else None
