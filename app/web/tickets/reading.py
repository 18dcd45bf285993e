"""Reading stored messages for a page: a few at a time, each in the parsing process and not for long."""

from __future__ import annotations

from collections.abc import Mapping
from threading import BoundedSemaphore

from app.mailroom.containers import Container
from app.mailroom.mail import Look, Part, Unreadable
from app.mailroom.parsing import child, limits
from app.mailroom.words import Obstacle
from app.web.kit.downloads import StoredThing, stored_bytes

CPU_SECONDS = 5
# Each of them may hold a message of MAX_MESSAGE bytes in memory (abuse case A28).
_turns = BoundedSemaphore(2)
_SPENT = frozenset({Obstacle.CPU, Obstacle.MEMORY, Obstacle.TIMEOUT, Obstacle.DIED})


def shown(thing: StoredThing, pictures: Mapping[str, str], *, remote: bool) -> Look:
    """A mail with its HTML cleaned; without HTML when cleaning it takes too long, as only a hostile one does.

    Args:
        thing: the stored mail.
        pictures: see ``markup.showing.clean``.
        remote: whether pictures from the internet stay in it.

    Raises:
        Unreadable: the mail cannot be read.
        NotFound: its bytes are gone.
        Unavailable: the store does not answer.
    """
    limits.check_size(thing.size)
    with _turns:
        data = stored_bytes(thing)
        try:
            return child.look_into_isolated(data, pictures=pictures, remote=remote, cpu_seconds=CPU_SECONDS)
        except Unreadable as refusal:
            if refusal.reason not in _SPENT:
                raise
        return child.look_into_isolated(data, cpu_seconds=CPU_SECONDS)


def look(thing: StoredThing, container: Container) -> Look:
    """A look into a stored message.

    Raises:
        Unreadable, NotFound, Unavailable: as ``shown``.
    """
    limits.check_size(thing.size)
    with _turns:
        return child.look_into_isolated(stored_bytes(thing), container, cpu_seconds=CPU_SECONDS)


def file(thing: StoredThing, container: Container, number: int) -> Part | None:
    """One file of a stored message, None when it has not that many.

    Raises:
        Unreadable, NotFound, Unavailable: as ``shown``.
    """
    limits.check_size(thing.size)
    with _turns:
        return child.file_inside_isolated(stored_bytes(thing), container, number)
