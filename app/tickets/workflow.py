"""The state machine of a ticket: which moves there are and what each status means for the clocks."""

from __future__ import annotations

from app.core.errors import Conflict
from app.core.language import Lazy, _, lazy_gettext
from app.sla.words import Reason
from app.tickets.words import ACTIVE, PendingReason, Phase, Status

O, I, P, R, C = Status.OPEN, Status.IN_PROGRESS, Status.PENDING, Status.RESOLVED, Status.CLOSED  # noqa: E741
MOVES: dict[Status, frozenset[Status]] = {
    O: frozenset({I, P, R, C}),
    I: frozenset({O, P, R, C}),
    P: frozenset({O, I, R, C}),
    R: frozenset({O, I, C}),
    C: frozenset({O, I}),
}
NAMES: dict[Status, Lazy] = {
    O: lazy_gettext("New"),
    I: lazy_gettext("In progress"),
    P: lazy_gettext("Pending"),
    R: lazy_gettext("Resolved"),
    C: lazy_gettext("Closed"),
}


def phase_of(status: Status) -> Phase:
    """The coarse state lists are cut by."""
    if status in ACTIVE:
        return Phase.ACTIVE
    return Phase.RESOLVED if status is Status.RESOLVED else Phase.CLOSED


def check_move(old: Status, new: Status) -> None:
    """Whether a ticket may go from one status to another.

    Raises:
        Conflict: there is no such move.
    """
    if new not in MOVES[old]:
        raise Conflict(
            _("A ticket cannot go from “%(old)s” to “%(new)s”.", old=str(NAMES[old]), new=str(NAMES[new]))
        )


def clock_of(
    status: Status, reason: PendingReason | None, *, pauses_for_third_party: bool
) -> tuple[bool, str]:
    """Whether the resolution clock runs in a status, and the word for why."""
    if status in (Status.RESOLVED, Status.CLOSED):
        return False, Reason.RESOLVED
    if status is not Status.PENDING:
        return True, Reason.OPEN
    if reason is PendingReason.THIRD_PARTY:
        return not pauses_for_third_party, Reason.PENDING_THIRD_PARTY
    return False, Reason.PENDING_CUSTOMER
