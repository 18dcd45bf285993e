"""The words that mails came with, in the language of placeholders: what an editor begins with."""

from __future__ import annotations

from collections.abc import Callable

from app.core.language import _
from app.notifications.mail_kinds import Wording
from app.notifications.words import MailKind

TITLE = "{title}"


def original(kind: MailKind) -> Wording:
    """The built-in words of a mail in the present language; as an own text they make the very same mail."""
    line, body = _ORIGINALS.get(kind, lambda: (TITLE, _STAFF))()
    return Wording(f"[{{number}}] {line}", "\n\n".join(body))


_STAFF = ("{happened}", "{facts}", "{link}")
_WITH_MESSAGE = ("{happened}", "{facts}", "{message}", "{link}")
Parts = tuple[str, tuple[str, ...]]


def _received() -> Parts:
    first = _("Your request has the number %(number)s. We will answer as soon as we can.", number="{number}")
    return TITLE, (first, "{facts}", "{how_to_answer}", "{link}")


def _received_neutral() -> Parts:
    first = _("A message from this address has reached us. It has the number %(number)s.", number="{number}")
    second = _("If you did not write to us, you need not do anything.")
    return _("We have received a message"), (first, second)


_ORIGINALS: dict[MailKind, Callable[[], Parts]] = {
    MailKind.RECEIVED: _received,
    MailKind.RECEIVED_NEUTRAL: _received_neutral,
    MailKind.REPLY: lambda: (
        TITLE,
        ("{message}", "{signature}", "{next_step}", "{rating}", "{link}", "{how_to_answer}"),
    ),
    MailKind.PROGRESS: lambda: (TITLE, ("{happened}", "{facts}", "{rating}", "{link}")),
    MailKind.NEW_TICKET: lambda: (TITLE, _WITH_MESSAGE),
    MailKind.ASSIGNED: lambda: (TITLE, _WITH_MESSAGE),
    MailKind.CUSTOMER_REPLY: lambda: (TITLE, _WITH_MESSAGE),
    MailKind.TEAM_REPLY: lambda: (TITLE, _WITH_MESSAGE),
    MailKind.NOT_SENT: lambda: (_("Not sent: %(title)s", title=TITLE), _STAFF),
    MailKind.ESCALATED: lambda: (_("Escalated: %(title)s", title=TITLE), _STAFF),
    MailKind.DEADLINE: lambda: ("{headline}", ("{facts}", "{link}")),
    MailKind.CRITICAL: lambda: (_("Critical: %(title)s", title=TITLE), _WITH_MESSAGE),
    MailKind.NOBODY_FREE: lambda: (_("Nobody fits: %(title)s", title=TITLE), _WITH_MESSAGE),
}
