"""Mails that break parsers: each is to end as a ticket or in quarantine (fault catalogue, B1)."""

from __future__ import annotations


def mail(*headers: str, body: str = "Hallo") -> bytes:
    lines = ["Subject: Test", "From: Ada <ada@kunde.example>", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode("latin-1")


POISON: dict[str, bytes] = {
    "charset x-bogus": mail("Content-Type: text/plain; charset=x-bogus"),
    "charset rot13": mail("Content-Type: text/plain; charset=rot13"),
    "charset hex": mail("Content-Type: text/plain; charset=hex"),
    "charset with NUL": mail("Content-Type: text/plain; charset=\x00utf-8"),
    "charset unicode_escape": mail("Content-Type: text/plain; charset=unicode_escape", body="\\N{x} \\ud800 Hallo"),
    "charset idna": mail("Content-Type: text/plain; charset=idna"),
    "charset undefined": mail("Content-Type: text/plain; charset=undefined"),
    "charset utf-16 that is none": mail("Content-Type: text/plain; charset=utf-16"),
    "lone surrogate in UTF-7": mail("Content-Type: text/plain; charset=utf-7", body="Hallo +2AA-"),
    "date with a bad zone": mail("Date: Mon, 4 Mar 2024 10:00:00 +9999999"),
    "date in a year that never comes": mail("Date: Mon, 4 Mar 99999999999 10:00:00 +0000"),
    "date of nonsense": mail("Date: \x00\xff(((("),
    "message id <[>": mail("Message-ID: <[>", "References: <[> <]> <>", "In-Reply-To: <[>"),
    "900 parentheses": b"From: " + b"(" * 900 + b"\r\nSubject: x\r\n\r\nHallo",
    "encoded word in an unknown charset": mail("Subject: =?x-bogus?q?Hallo?= =?utf-8?x?y?= =?utf-8?b?!!!?="),
    "parameter of many pieces": mail("Content-Type: text/plain; " + "".join(f"name*{n}*=%f;" for n in range(99))),
    "boundary of nothing": mail('Content-Type: multipart/mixed; boundary=""', body="--\r\n\r\nHallo\r\n----"),
    "boundary of blanks": mail('Content-Type: multipart/mixed; boundary="   "', body="--   \r\n\r\nHallo"),
    "multipart that is base64": mail(
        "Content-Type: multipart/mixed; boundary=x",
        "Content-Transfer-Encoding: base64",
        body="--x\r\n\r\nHallo\r\n--x--",
    ),
    "base64 with a letter too many": mail("Content-Transfer-Encoding: base64", body="SGFsbG8gSGFsbG8gSGFsbG8gA"),
    "headers only": b"Subject: Hallo",
    "only a colon before it": b":Hallo",
    "NUL everywhere": b"\x00".join(mail().split(b"e")),
    "no header at all": b"Hallo, ich habe eine Frage",
}  # fmt: skip
