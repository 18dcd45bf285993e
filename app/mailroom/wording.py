"""The words of a mail as a ticket takes them: title, new text, folded text, and what is too long for either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from app.core.language import _
from app.core.schema import BODY_LENGTH
from app.core.text import many_lines, one_line
from app.mailroom import references, replies
from app.mailroom.mail import Mail, Part
from app.mailroom.parsing import subjects

FOLDED_LENGTH = 1_000_000
MAX_LAYERS = 10  # of "AW: [TICKET-000001] AW: [TICKET-000002] …"


@dataclass(frozen=True, slots=True)
class Examined:
    """A mail with its words.

    Args:
        title: one line of at most 200 characters, never empty.
        new: the new words, never empty, at most BODY_LENGTH characters.
        folded: quotes and signatures, "" when there are none.
        is_mixed: the new words hold a quote as well.
        parts: the files; when the text was too long, the whole of it is one of them.
    """

    mail: Mail
    title: str
    new: str
    folded: str
    parts: tuple[Part, ...]
    is_mixed: bool = False

    @classmethod
    def of(cls, mail: Mail) -> Self:
        """Take the words of a mail apart. Pure, but a hostile text takes its time.

        Args:
            mail: as parsed; sentences for what is missing come in the language spoken at the moment.
        """
        split = replies.split(mail.text, mail.html, forwarded=subjects.is_forward(mail.subject))
        new = many_lines(split.new).strip()
        folded = many_lines("\n\n".join(split.folded)).strip()
        too_long = len(new) > BODY_LENGTH or len(folded) > FOLDED_LENGTH
        return cls(
            mail=mail,
            title=title_of(mail.title),
            new=_shortened(new) or _("(no text)"),
            folded=folded[:FOLDED_LENGTH],
            is_mixed=split.is_mixed,
            parts=(*mail.attachments, *([_whole(split.whole)] if too_long else [])),
        )


def title_of(subject: str) -> str:
    """What a ticket made of a mail is called: without "AW:" and without the mark of the ticket it answered.

    Args:
        subject: of the mail; people answer mails of ours to say something new.
    """
    title = subject
    for _layer in range(MAX_LAYERS):
        bare = subjects.title(references.unmarked(title))
        if bare == title:
            break
        title = bare
    return one_line(title)[: subjects.MAX_TITLE] or _("(no subject)")


def _shortened(text: str) -> str:
    if len(text) <= BODY_LENGTH:
        return text
    note = _("(The text goes on; the whole of it is attached as a file.)")
    return f"{text[: BODY_LENGTH - len(note) - 2]}\n\n{note}"


def _whole(text: str) -> Part:
    return Part(_("message.txt"), "text/plain", "", False, text.encode("utf-8", "replace"))
