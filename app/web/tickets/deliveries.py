"""How the mails about an entry fared: the worst of them beside the entry, each of them below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.core.language import _
from app.events.words import DeliveryState
from app.notifications.reasons import reason
from app.notifications.words import Way
from app.tickets.faces import Face

if TYPE_CHECKING:
    from app.tickets.queries import Sending

WORST_FIRST = (
    DeliveryState.BOUNCED,
    DeliveryState.DEAD,
    DeliveryState.HELD,
    DeliveryState.WAITING,
    DeliveryState.SENDING,
    DeliveryState.SENT,
)
FINE = frozenset({DeliveryState.SENT, DeliveryState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Addressed:
    """One mail: to whom, how it fared, why (a sentence), and what the other side said word for word."""

    name: str
    state: DeliveryState
    why: str
    said: str


@dataclass(frozen=True, slots=True)
class Sent:
    """How far the mails of an entry came: the worst state among them, whether one may have arrived twice
    (docs/faults.md, the one window), and each of them."""

    state: DeliveryState
    each: Sequence[Addressed]
    may_be_repeat: bool = False

    @property
    def is_telling(self) -> bool:
        """Whether there is more to say than that all went well."""
        return len(self.each) > 1 or any(one.state not in FINE for one in self.each)


def mails_of(deliveries: Mapping[int, Sequence[Sending]], faces: Mapping[int, Face]) -> dict[int, Sent]:
    """How the mails about each entry fared, by the entry's id.

    Args:
        deliveries: what went out, the newest first.
        faces: people of the page, to name the receivers.
    """
    found = {}
    for entry, ways in deliveries.items():
        mails = [one for one in reversed(ways) if one.consumer == Way.EMAIL]
        if mails:
            twice = any(mail.may_be_repeat for mail in mails)
            found[entry] = Sent(_worst(mails), [_addressed(mail, faces) for mail in mails], twice)
    return found


def _worst(mails: Sequence[Sending]) -> DeliveryState:
    states = {mail.state for mail in mails}
    return next((state for state in WORST_FIRST if state in states), DeliveryState.CANCELLED)


def _addressed(mail: Sending, faces: Mapping[int, Face]) -> Addressed:
    why, said = reason(mail.error) if mail.error and mail.state is not DeliveryState.SENT else ("", "")
    if mail.state is DeliveryState.BOUNCED:  # its tag says why
        why, said = "", mail.error
    return Addressed(_name(mail.target, faces), mail.state, why, said)


def _name(target: str, faces: Mapping[int, Face]) -> str:
    kind, _colon, rest = target.partition(":")
    person = rest.partition(":")[0]
    if kind == "forward":
        return _("somebody outside")
    face = faces.get(int(person)) if person.isdigit() else None
    return face.full_name if face is not None else _("a colleague")
