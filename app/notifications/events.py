"""What can happen to notices, to the words of mails and to channels in Teams."""

from __future__ import annotations

from datetime import date

from app.events.kinds import Fact


class PreferencesChanged(Fact):
    """``off`` and ``on``: topic and way, such as ``deadline.email``."""

    kind = "preferences.changed"
    off: list[str]
    on: list[str]


class ReceiptLeftOut(Fact):
    """The sender of a ticket has had so many automatic mails in an hour that no receipt went out (abuse case A09)."""

    kind = "notification.receipt_left_out"
    person_id: int


class WordingChanged(Fact):
    """``mail`` names the mail; without a team the words hold for all teams."""

    kind = "notification.wording_changed"
    mail: str
    team_id: int | None
    language: str
    fields: list[str]


class WordingRestored(Fact):
    kind = "notification.wording_restored"
    mail: str
    team_id: int | None
    language: str


class SignatureChanged(Fact):
    kind = "notification.signature_changed"
    team_id: int | None
    language: str


class SignatureRemoved(Fact):
    kind = "notification.signature_removed"
    team_id: int | None
    language: str


class CardChannelOff(Fact):
    """A channel in Teams took no card for days and gets none any more. ``owner``: team, person, house."""

    kind = "notification.channel_off"
    owner: str
    trouble: str


class CardChannelOn(Fact):
    """Somebody lets cards go there again."""

    kind = "notification.channel_on"
    owner: str


class DayOfTeam(Fact):
    """A day begins for a team whose channel is told how things stand."""

    kind = "notification.day_of_team"
    day: date
