"""A look into a file that holds a message: who wrote what to whom, and which files are in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.mailroom.containers import Container
from app.mailroom.mail import Listed, Look, Mail, Part, Unreadable
from app.mailroom.markup import showing
from app.mailroom.parsing import message, outlook, winmail
from app.mailroom.words import Obstacle


def read(data: bytes, container: Container) -> Mail:
    """The message with its files.

    Args:
        data: the bytes of the file.
        container: its kind.

    Raises:
        Unreadable: too large, beyond the limits, or broken.
    """
    if container is Container.MAIL:
        return message.parse(data)
    try:
        return outlook.read(data) if container is Container.OUTLOOK else winmail.read(data)
    except Unreadable:
        raise
    except MemoryError as error:
        raise Unreadable(Obstacle.MEMORY) from error
    except Exception as error:  # hostile bytes make a reader of files raise nearly everything
        raise Unreadable(Obstacle.BROKEN, type(error).__name__) from error


def look(data: bytes, container: Container, pictures: Mapping[str, str] | None, *, remote: bool) -> Look:
    """The message without the bytes of its files.

    Args:
        data: the bytes of the file.
        container: its kind.
        pictures: when its HTML is to be shown, see ``showing.clean``; None leaves the HTML away.
        remote: whether pictures from the internet stay in it.

    Raises:
        Unreadable: as ``read``.
    """
    mail = read(data, container)
    files = tuple(Listed(part.filename, part.content_type, part.size) for part in mail.attachments)
    cleaned = showing.Cleaned()
    if pictures is not None and mail.html:
        cleaned = showing.clean(mail.html, pictures, remote=remote)
    return Look(replace(mail, attachments=(), html=cleaned.html or None), files, cleaned.left_out)


def file(data: bytes, container: Container, number: int) -> Part | None:
    """One file of the message, None when it has not that many.

    Args:
        number: from 1.

    Raises:
        Unreadable: as ``read``.
    """
    parts = read(data, container).attachments
    return parts[number - 1] if 1 <= number <= len(parts) else None
