"""Reading mail: pure functions from raw bytes to values; no network, no database, no clock.

``parse`` and ``is_mail`` are public and stable. The mail room itself calls ``message.parse`` (the mail alone) in
a process of its own, see ``child``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.mailroom import machines, replies
from app.mailroom.mail import Mail, Unreadable
from app.mailroom.parsing import message, subjects
from app.mailroom.parsing.message import is_mail

__all__ = ["ParsedMail", "Unreadable", "is_mail", "parse"]


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """A mail, who wrote it, and its new words apart from what it quotes."""

    mail: Mail
    verdict: machines.Verdict
    reply: replies.Split

    def as_dict(self) -> dict[str, Any]:
        """The mail as plain values; strings are '' and lists empty where the mail says nothing.

        Text is free of NUL and lone surrogates. in_reply_to is one id, references the list; is_auto_reply
        includes read receipts.
        """
        mail = self.mail
        return {
            "from_address": mail.sender.email if mail.sender else "",
            "from_name": mail.sender.name if mail.sender else "",
            "subject": mail.subject,
            "text_body": mail.text,
            "reply_text": self.reply.new,
            "message_id": mail.message_id,
            "in_reply_to": mail.in_reply_to[0] if mail.in_reply_to else "",
            "references": list(mail.references),
            "attachments": [
                {"filename": part.filename, "content_type": part.content_type, "size": part.size}
                for part in mail.attachments
            ],
            "is_auto_reply": self.verdict.is_auto_reply,
            "is_bounce": self.verdict.is_bounce,
        }


def parse(raw: bytes) -> ParsedMail:
    """Read a message and judge it.

    Args:
        raw: the message as it came, of at most parsing.limits.MAX_MESSAGE bytes.

    Raises:
        Unreadable: too large, beyond the limits, or broken beyond reading.
    """
    mail = message.parse(raw)
    split = replies.split(mail.text, mail.html, forwarded=subjects.is_forward(mail.subject))
    return ParsedMail(mail, machines.judge(mail), split)
