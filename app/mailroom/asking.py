"""Whose words a colleague passed on: the sender named in the head of a forwarded mail (offered, never assumed)."""

from __future__ import annotations

import re

from app.mailroom.mail import Address
from app.mailroom.parsing.addresses import plain

READ_LINES = 300
HEAD_LINES = 8
LINE_LENGTH = 400
_FROM = re.compile(r"(?:from|von|de|da|van|från|fra|od|lähettäjä|feladó)\s*:\s*(.+)", re.IGNORECASE)
# A head has a subject and a date or receiver as well; a sentence that begins with "Von:" has not.
_SUBJECT = re.compile(
    r"(?:subject|betreff|objet|asunto|oggetto|onderwerp|ämne|emne|assunto|temat|předmět|aihe|tárgy)\s*:",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"(?:to|an|à|para|a|aan|till|til|do|komu|date|datum|gesendet|sent|envoyé|enviado|inviato|data|verzonden|skickat"
    r"|dato|wysłano|dátum|päivämäärä)\s*:",
    re.IGNORECASE,
)
_MARKER = re.compile(
    r"[-_=]{3,}|(?:anfang der|begin|weitergeleitete|forwarded) ?.{0,40}(?:nachricht|message)", re.IGNORECASE
)
_ADDRESS = re.compile(r"[<\[(]?(?:mailto:)?([^\s<>\[\]()\"']{1,64}@[^\s<>\[\]()\"']{1,190})[>\])]?")
_MARKS = " \t>*_|"


def original_sender(text: str) -> Address | None:
    """The sender of the mail that is passed on in a text; None when none is named with an address.

    Args:
        text: the whole plain text of the mail; its first lines are read.
    """
    lines = _lines(text)
    number = _head_in(lines)
    found = _FROM.match(lines[number]) if number is not None else None
    return _address_in(found[1].strip(_MARKS)) if found is not None else None


def parted(text: str) -> tuple[str, str]:
    """What a colleague wrote above a mail that is passed on, and that mail; ("", text) when none is.

    Args:
        text: the whole plain text of the mail.
    """
    lines = _lines(text)
    number = _head_in(lines)
    if number is None:
        return "", text
    start = number
    while start and (not lines[start - 1] or _MARKER.match(lines[start - 1])):
        start -= 1
    whole = text.split("\n")
    return "\n".join(whole[:start]).strip(), "\n".join(whole[start:]).strip()


def _lines(text: str) -> list[str]:
    return [line[:LINE_LENGTH].strip(_MARKS) for line in text.split("\n", READ_LINES)[:READ_LINES]]


def _head_in(lines: list[str]) -> int | None:
    """The line in which the head of a mail that is passed on begins."""
    for number, line in enumerate(lines):
        if not _FROM.match(line):
            continue
        head = lines[number + 1 : number + 1 + HEAD_LINES]
        if any(_SUBJECT.match(one) for one in head) and any(_OTHER.match(one) for one in head):
            return number
    return None


def _address_in(line: str) -> Address | None:
    found = _ADDRESS.search(line)
    email = plain(found[1].strip(".,;")) if found else ""
    if found is None or not email:
        return None
    name = line[: found.start()].strip(_MARKS + "\"'<[(,;")
    return Address(name[:160], email)
