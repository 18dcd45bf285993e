"""Cards that are about no single ticket: how a team stands in the morning, and one to try an address."""

from __future__ import annotations

from app.core import clock
from app.core.language import _, pgettext, speaking
from app.integrations.cards import Button, Card, card
from app.notifications import places
from app.notifications.scene import TeamFacts
from app.notifications.ticket_cards import Voice, voice_of
from app.notifications.words import Side
from app.tickets.daily import Morning, Unanswered


def make_morning(team: TeamFacts, morning: Morning) -> Card:
    """How a team stands."""
    voice = voice_of()
    with speaking(voice.language):
        facts = [
            (pgettext("card", "Open"), str(morning.open)),
            (pgettext("card", "Nobody has them"), str(morning.unassigned)),
            (pgettext("card", "Deadline at risk"), str(morning.at_risk)),
            (pgettext("card", "Deadline missed"), str(morning.breached)),
            (pgettext("card", "Oldest without an answer"), _oldest(morning.oldest, voice)),
        ]
        buttons = [Button(_("Open the list of tickets"), places.queue())]
        if morning.oldest is not None:
            url = places.ticket(morning.oldest.number, Side.STAFF)
            buttons.append(Button(_("Open the oldest"), url))
        title = _("How things stand in %(team)s", team=team.name)
        return card(title, facts, buttons=buttons, language=voice.language)


def make_trial(language: str) -> Card:
    """Says that cards arrive here; shown to whoever set the address up, in their language."""
    with speaking(language):
        said = _("Cards of the helpdesk arrive here. Nothing has happened: somebody tried the address.")
        return card(_("Test of the helpdesk"), text=said, language=language)


def _oldest(oldest: Unanswered | None, voice: Voice) -> str:
    if oldest is None:
        return pgettext("card", "none")
    waits = voice.formats.span(clock.now() - oldest.opened_at)
    return pgettext(
        "card", "%(number)s for %(span)s: %(title)s", number=oldest.number, span=waits, title=oldest.title
    )
