"""Address headers: one pass over the characters, strict about who the sender is, forgiving about the rest.

Only dot-atoms count as addresses (A05): quoted local parts, address literals, routes and encoded words in an
address are forms that two programs read as two different people.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from app.mailroom.mail import Address
from app.mailroom.parsing import headers
from app.mailroom.words import SenderFlaw

MAX_ADDRESSES = 200
_MAX_VALUE = 64 * 1024
_MAX_SENDER = 4 * 1024

_TOKEN = re.compile(r"=\?[^?\s]{1,80}\?[BbQq]\?[^?]*\?=|[^\"\\(),<>:;=]+|.", re.DOTALL)
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.){{0,20}}{_LABEL}")


@dataclass(slots=True)
class _Mailbox:
    """One entry between commas: the words outside, the address in angle brackets (None without them)."""

    words: list[str] = field(default_factory=list)
    quoted: bool = False
    angles: int = 0
    angle: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)

    def empty(self) -> bool:
        return not self.angles and not "".join(self.words).strip()


def plain(addr_spec: str) -> str:
    """The address in one spelling (domain in lower case), or '' when it is not a plain dot-atom address.

    Args:
        addr_spec: what stood in the header, without brackets.
    """
    local, at, domain = addr_spec.strip().rpartition("@")
    if not at or len(addr_spec) > 254 or "=?" in local:
        return ""
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(_ascii_domain(domain)):
        return ""
    return f"{local}@{_ascii_domain(domain).lower()}"


def sender(values: list[bytes], charset: str = "") -> tuple[Address | None, SenderFlaw | None]:
    """Who wrote the mail: exactly one plain address in exactly one From header, or nobody (A05).

    Args:
        values: every From header of the mail.
        charset: hint for raw 8-bit bytes.

    Returns:
        the sender and None, or None and the flaw.
    """
    if not values or not b"".join(values).strip():
        return None, SenderFlaw.MISSING
    if len(values) > 1:
        return None, SenderFlaw.SEVERAL_HEADERS
    if len(values[0]) > _MAX_SENDER or b"\x00" in values[0]:
        return None, SenderFlaw.NOT_PLAIN
    reading = _Reader(headers.raw_text(values[0], charset))
    if reading.broken or reading.groups:
        return None, SenderFlaw.NOT_PLAIN
    mailboxes = _with_split_names(reading.mailboxes)
    if len(mailboxes) != 1:
        return None, SenderFlaw.SEVERAL_ADDRESSES if len(mailboxes) > 1 else SenderFlaw.NOT_PLAIN
    address = _address(mailboxes[0])
    return address, None if address else SenderFlaw.NOT_PLAIN


def listed(values: list[bytes], charset: str = "") -> tuple[Address, ...]:
    """The plain addresses of To, Cc or Reply-To, at most MAX_ADDRESSES, members of groups included.

    Args:
        values: every header of that name.
        charset: hint for raw 8-bit bytes.
    """
    found: list[Address] = []
    for value in values:
        reading = _Reader(headers.raw_text(value[:_MAX_VALUE], charset))
        for mailbox in _with_split_names(reading.mailboxes):
            address = _address(mailbox)
            if address:
                found.append(address)
            if len(found) >= MAX_ADDRESSES:
                return tuple(found)
    return tuple(found)


def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii") if len(domain) <= 100 else ""
    except UnicodeError:
        return ""


def _with_split_names(mailboxes: list[_Mailbox]) -> list[_Mailbox]:
    """Rejoins 'Müller, Jürgen <j@x>': a piece without any '@' before an address is part of its name."""
    out: list[_Mailbox] = []
    names: list[str] = []
    for mailbox in mailboxes:
        if mailbox.empty():
            continue
        if not mailbox.angles and "@" not in "".join(mailbox.words):
            names.append("".join(mailbox.words).strip())
            continue
        if names and mailbox.angles:
            mailbox.words = [", ".join([*names, "".join(mailbox.words).strip()])]
        names = []
        out.append(mailbox)
    return out


def _address(mailbox: _Mailbox) -> Address | None:
    if mailbox.angles > 1:
        return None
    outside = "".join(mailbox.words).strip()
    if mailbox.angles:
        email = plain("".join(mailbox.angle))
        name = outside
    else:
        email = "" if mailbox.quoted else plain(outside)
        name = "".join(mailbox.comments)
    if not email:
        return None
    name = headers.one_line(headers.decode_words(name))[:200]
    return Address("" if name.lower() == email.lower() else name, email)


class _Reader:
    """One pass over an address header: no recursion, no looking back, linear whatever the value is."""

    def __init__(self, value: str) -> None:
        self.mailboxes = [_Mailbox()]
        self.groups = 0
        self.broken = False
        self._read = self._outside
        self._depth = 0
        self._escaped = False
        for match in _TOKEN.finditer(value):
            self._read(match[0], self.mailboxes[-1])
        self.broken = self.broken or self._read != self._outside

    def _outside(self, sign: str, box: _Mailbox) -> None:
        if sign == '"':
            box.quoted = True
            self._read = self._quoted
        elif sign == "<":
            box.angles += 1
            self._read = self._angle
        elif sign == "(":
            self._depth = 1
            self._read = self._comment
        elif sign in (",", ";"):
            self.mailboxes.append(_Mailbox())
        elif sign == ":":
            self.groups += 1
            box.words.clear()
        elif sign in (")", ">", "\\"):
            self.broken = True
        else:
            # "<a@x> b@y" names two people to two readers.
            self.broken = self.broken or (box.angles > 0 and "@" in sign)
            box.words.append(sign)

    def _quoted(self, sign: str, box: _Mailbox) -> None:
        if self._is_escape(sign):
            return
        if sign == '"' and not self._was_escaped():
            self._read = self._outside
            return
        box.words.append(sign)

    def _angle(self, sign: str, box: _Mailbox) -> None:
        if sign == ">":
            self._read = self._outside
            return
        self.broken = self.broken or sign in ("<", '"', "(", ")", ",", ";", "\\")
        box.angle.append(sign)

    def _comment(self, sign: str, box: _Mailbox) -> None:
        if self._is_escape(sign):
            return
        if not self._was_escaped():
            self._depth += (sign == "(") - (sign == ")")
        if not self._depth:
            self._read = self._outside
            sign = " "
        box.comments.append(sign)

    def _is_escape(self, sign: str) -> bool:
        if sign != "\\" or self._escaped:
            return False
        self._escaped = True
        return True

    def _was_escaped(self) -> bool:
        was, self._escaped = self._escaped, False
        return was
