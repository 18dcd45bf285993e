"""Files that hold a message, and how to tell them."""

from __future__ import annotations

from enum import StrEnum


class Container(StrEnum):
    """A mail, a message saved by Outlook, a winmail.dat."""

    MAIL = "mail"
    OUTLOOK = "outlook"
    TNEF = "tnef"


_BY_TYPE = {
    "message/rfc822": Container.MAIL,
    "application/vnd.ms-outlook": Container.OUTLOOK,
    "application/ms-tnef": Container.TNEF,
    "application/vnd.ms-tnef": Container.TNEF,
}
_BY_ENDING = {"eml": Container.MAIL, "msg": Container.OUTLOOK, "tnef": Container.TNEF}
_TNEF_NAME = "winmail.dat"


def container_of(filename: str, content_type: str) -> Container | None:
    """What kind of message a file holds, None when it is another file.

    Args:
        filename: as shown.
        content_type: as the house tells it by content.
    """
    name = filename.lower()
    if name == _TNEF_NAME:
        return Container.TNEF
    return _BY_TYPE.get(content_type) or _BY_ENDING.get(name.rpartition(".")[2] if "." in name else "")
