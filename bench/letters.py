"""Mails and texts to measure with; the same number gives the same mail."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP

SENDERS = 100
SIZE = 100_000
WORDS = (
    "Guten Tag, seit heute Morgen druckt der Drucker im dritten Stock nur noch leere Seiten. Wir haben das Papier"
    " gewechselt und ihn neu gestartet, geholfen hat es nicht. Können Sie bitte vorbeikommen? Vielen Dank."
)
LARGE = 30_000_000


def small(number: int) -> bytes:
    """A request of some lines, as most are."""
    return _message("klein", number).as_bytes()


def plain(number: int) -> bytes:
    """The same, to be told from the others."""
    return _message("schlicht", number).as_bytes()


def ordinary(number: int) -> bytes:
    """Text, HTML and a PDF, 20 kB together."""
    message = _message("groß", number)
    rows = "".join(f"<p style='margin:0'>{WORDS}</p>" for _ in range(10))
    message.add_alternative(f"<html><body>{rows}</body></html>", subtype="html")
    pdf = b"%PDF-1.4\n" + random.Random(number).randbytes(11_000)
    message.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"Rechnung {number}.pdf")
    return message.as_bytes()


def _message(word: str, number: int) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    sender = number % SENDERS
    message["From"] = f"Mia Muster{sender} <mia{sender}@kunde{sender % 7}.example>"
    message["To"] = "bench@firma.example"
    message["Subject"] = f"Drucker {word} {number}"
    message["Date"] = "Mon, 16 Nov 2026 09:00:00 +0100"
    message["Message-ID"] = f"<{word.encode().hex()}-{number}@kunde.example>"
    message.set_content(f"{WORDS}\n\nVorgang {number}\n\n-- \nMia Muster\nEinkauf, Apparat {number}\n")
    return message


def large() -> Iterator[tuple[str, bytes]]:
    """Messages of some dozen megabytes, by what makes them large."""
    data = random.Random(1).randbytes(LARGE)
    lines = base64.encodebytes(data).replace(b"\n", b"\r\n")
    yield "one file in base64", _with_parts([(b"base64", lines)])
    part = len(lines) // 40 // 78 * 78
    yield (
        "forty files in base64",
        _with_parts([(b"base64", lines[n * part : (n + 1) * part]) for n in range(40)]),
    )
    text = (WORDS + "\r\n").encode().replace(b"=", b"=3D").replace("ö".encode(), b"=C3=B6")
    yield "a file in quoted-printable", _with_parts([(b"quoted-printable", text * (LARGE // len(text)))])
    yield "a file in eight bits", _with_parts([(b"8bit", (WORDS + "\r\n").encode() * (LARGE // len(text)))])


def _with_parts(parts: list[tuple[bytes, bytes]]) -> bytes:
    head = b'From: mia@kunde.example\r\nSubject: Anbei\r\nContent-Type: multipart/mixed; boundary="grenze"\r\n\r\n'
    body = [b"--grenze\r\nContent-Type: text/plain\r\n\r\nAnbei.\r\n"]
    for number, (encoding, data) in enumerate(parts):
        body.append(
            b"--grenze\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: %s\r\n"
            b"Content-Disposition: attachment; filename=%d.bin\r\n\r\n%s\r\n" % (encoding, number, data)
        )
    return head + b"".join(body) + b"--grenze--\r\n"


def texts() -> Iterator[tuple[str, str, str | None]]:
    """100 kB of what people send, by kind; text and its HTML."""
    prose = _filled(WORDS + "\n\n")
    yield "prose", prose, None
    yield "short lines", _filled("ja\nnein\nvielleicht\n"), None
    yield (
        "an answer above marked quotes",
        f"Erledigt.\n\nAm 16.11.2026 um 09:00 schrieb Mia Muster:\n{_marked(prose)}",
        None,
    )
    yield "answers between quotes", _filled(f"> {WORDS}\n\nDazu: nein.\n\n"), None
    yield (
        "quotes in quotes",
        "Danke.\n\n" + _filled("".join(f"{'>' * deep} {WORDS}\n" for deep in range(1, 30))),
        None,
    )
    block = "Von: Mia <mia@kunde.example>\nGesendet: Montag, 16. November 2026\nAn: Hilfe\nBetreff: AW: Drucker\n\n"
    yield "a long thread of Outlook", "Danke.\n\n" + _filled(block + WORDS + "\n\n"), None
    original = "-----Original Message-----\nFrom: Mia\nSent: Monday\nTo: Help\nSubject: Printer\n\n"
    yield "an original message", "Thanks.\n\n" + original + prose, None
    yield "signatures", _filled(f"{WORDS}\n\n-- \nMia Muster\nEinkauf\nTel. 0123 456789\n\n"), None
    yield "a table", _filled("Artikel\t12\t3,50 EUR\t42,00 EUR\n"), None
    yield (
        "a log",
        _filled("2026-11-16 09:00:00,123 ERROR [worker-1] http://intern.example/api?x=1 failed: timeout\n"),
        None,
    )
    rows = _filled(f"<p>{WORDS}</p>")
    yield "with its HTML", prose, f"<html><body>{rows}</body></html>"
    quote = f'<div>Danke.</div><blockquote class="gmail_quote">{rows}</blockquote>'
    yield "with a quote in its HTML", f"Danke.\n\n{prose}", quote


def hostile() -> Iterator[tuple[str, str, str | None]]:
    """100 kB of what only somebody writes who wants to make others wait."""
    for name, piece in {
        "On without end": "On ",
        "On on lines": "On a\n",
        "blanks": " ",
        "one letter": "a",
        "empty lines": "\n",
        "colons": "On a:\n",
        "wrote": "wrote:\n",
        "labels": "From:\n",
        "half blocks": "Von: a\nb\nb\n",
        "attributions": "Am 1.1.24 um 10:00 schrieb Ab Cd\n",
        "attributions in pieces": "Am 1.1.24 um 10:00 schrieb\n<a@b.cc>\n",
        "quotes in turn": "> a\nb\n",
        "marks": ">",
        "marks on lines": "> " * 40 + "\n",
        "signatures": "--\n",
        "rules": "_" * 32 + "\n",
        "phones": "Von meinem iPhone gesendet\n",
        "brackets": "<a@b.cc> 2024:\n",
        "markers": "##- \n",
        "odd blanks": "\u00a0\u2003\u200b\n",
    }.items():
        yield name, _filled(piece), None
    yield "open tags", _filled("Text\n"), _filled("<div><blockquote>")
    yield "broken tags", _filled("Text\n"), _filled("<")
    yield "attributes", _filled("Text\n"), "<div " + _filled('class="gmail_quote" ') + ">"
    yield "entities", _filled("Text\n"), _filled("&amp;&#x41;&")


def _filled(piece: str) -> str:
    return (piece * (SIZE // len(piece) + 1))[:SIZE]


def _marked(text: str) -> str:
    return "".join(f"> {line}\n" for line in text.split("\n"))[:SIZE]
