"""Mail that breaks mail programs: each is read or refused for a named reason, with work that grows like the mail."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from work_counting import assert_linear, calls_made

from app.mailroom.mail import Mail, Unreadable
from app.mailroom.parsing import limits, message
from app.mailroom.words import Obstacle, SenderFlaw
from tests.support.poison import POISON


def _from(value: str) -> Mail:
    return message.parse(f"From: {value}\r\nSubject: x\r\n\r\nHallo".encode())


# What made Python's own parser raise, measured (fault-cases B1).
@pytest.mark.parametrize("name", POISON)
def test_poison_is_read_without_an_error(name: str) -> None:
    mail = message.parse(POISON[name])
    assert "Hallo" in mail.text + mail.subject
    assert "\x00" not in mail.text + mail.subject
    mail.text.encode("utf-8")


@pytest.mark.parametrize(
    ("value", "flaw"),
    [
        ("ceo@corp.example, evil@x.example", SenderFlaw.SEVERAL_ADDRESSES),
        ("CEO <ceo@corp.example>, Evil <evil@x.example>", SenderFlaw.SEVERAL_ADDRESSES),
        ("alice@corp.example)bob@evil.example", SenderFlaw.NOT_PLAIN),
        ("=?utf-8?q?admin=40corp.example?=@evil.example", SenderFlaw.NOT_PLAIN),
        ("<=?utf-8?q?a=40b?=c@host.example>", SenderFlaw.NOT_PLAIN),
        ('"admin@corp.example"@evil.example', SenderFlaw.NOT_PLAIN),
        ("<a@x.example> <b@y.example>", SenderFlaw.NOT_PLAIN),
        ("<a@x.example> b@y.example", SenderFlaw.NOT_PLAIN),
        ("<@relay.example:a@x.example>", SenderFlaw.NOT_PLAIN),
        ("a@[192.0.2.1]", SenderFlaw.NOT_PLAIN),
        ("straße@x.example", SenderFlaw.NOT_PLAIN),
        ('"Ada <ada@x.example>', SenderFlaw.NOT_PLAIN),
        ("Ada <ada@x.example", SenderFlaw.NOT_PLAIN),
        ("Ada <ada @x.example>", SenderFlaw.NOT_PLAIN),
        ("Ada (Lovelace <ada@x.example>", SenderFlaw.NOT_PLAIN),
        ("undisclosed:;", SenderFlaw.NOT_PLAIN),
        ("Team: a@x.example;", SenderFlaw.NOT_PLAIN),
        ("ada", SenderFlaw.NOT_PLAIN),
        ("<>", SenderFlaw.NOT_PLAIN),
        ("   ", SenderFlaw.MISSING),
        ("Ada <ada@x.example>\x00", SenderFlaw.NOT_PLAIN),
        ("x" * 5_000 + "<a@x.example>", SenderFlaw.NOT_PLAIN),
    ],
)
def test_a05_an_ambiguous_sender_is_nobody(value: str, flaw: SenderFlaw) -> None:
    mail = _from(value)
    assert mail.sender is None
    assert mail.sender_flaw is flaw


def test_a05_two_from_headers_name_nobody() -> None:
    mail = message.parse(b"From: ceo@corp.example\r\nFrom: evil@x.example\r\nSubject: x\r\n\r\nHallo")
    assert mail.sender is None
    assert mail.sender_flaw is SenderFlaw.SEVERAL_HEADERS
    assert mail.sender_text == "ceo@corp.example, evil@x.example"


def test_a05_no_from_header_names_nobody() -> None:
    assert message.parse(b"Subject: x\r\n\r\nHallo").sender_flaw is SenderFlaw.MISSING


@pytest.mark.parametrize(
    ("value", "name", "email"),
    [
        ("ada@x.example", "", "ada@x.example"),
        ("<ada@X.Example>", "", "ada@x.example"),
        ("Ada.Lovelace@x.example (Ada)", "Ada", "Ada.Lovelace@x.example"),
        ('"Lovelace, Ada" <ada@x.example>', "Lovelace, Ada", "ada@x.example"),
        ("Lovelace, Ada <ada@x.example>", "Lovelace, Ada", "ada@x.example"),
        ('"Ada \\"die Erste\\" L." <ada@x.example>', 'Ada "die Erste" L.', "ada@x.example"),
        ("=?utf-8?q?M=C3=BCller=2C_J?= <j@x.example>", "Müller, J", "j@x.example"),
        ('"=?utf-8?q?M=C3=BCller?=" <j@x.example>', "Müller", "j@x.example"),
        ('"admin@corp.example" <x@evil.example>', "admin@corp.example", "x@evil.example"),
        ("Ada <ada@müller.example>", "Ada", "ada@xn--mller-kva.example"),
        ("O'Neill <o'neill+tag@x.example>", "O'Neill", "o'neill+tag@x.example"),
        ("Ada\r\n <ada@x.example>", "Ada", "ada@x.example"),
    ],
)
def test_a06_one_plain_address_is_the_sender_whatever_the_name_says(
    value: str, name: str, email: str
) -> None:
    sender = _from(value).sender
    assert sender is not None
    assert (sender.name, sender.email) == (name, email)


def test_a22_control_characters_in_headers_are_folded() -> None:
    mail = message.parse(
        b"From: =?utf-8?q?Ada=0d=0aBcc=3A_v=40x?= <ada@x.example>\r\n"
        b"Subject: =?utf-8?q?Hello=0d=0aBcc:_v=40x?=\x0b\xe2\x80\xae\r\n\r\nHallo"
    )
    assert mail.subject == "Hello Bcc: v@x"
    assert mail.sender is not None
    assert mail.sender.name == "Ada Bcc: v@x"


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        ('filename="../../etc/passwd"', "passwd"),
        ('filename="/abs"', "abs"),
        ('filename="C:\\Users\\ada\\brief.pdf"', "brief.pdf"),
        ("filename=a\x00.pdf", "a.pdf"),
        ("filename*=utf-8''a%0D%0AX-Evil%3A1.pdf", "a X-Evil_1.pdf"),
        ("filename*=utf-8''gnp.%E2%80%AEexe.png", "gnp.exe.png"),
        ("filename*=utf-8''%E2%80%8B.htaccess", "_htaccess"),
        ('filename="CON"', "_CON"),
        ('filename="con.txt"', "_con.txt"),
        ('filename="-rf"', "_rf"),
        ('filename=".."', "file-1.bin"),
        ('filename=""', "file-1.bin"),
        (f'filename="{"x" * 400}.pdf"', "x" * 146 + ".pdf"),
        ("filename*=utf-8''%E6%B5%8B%E8%AF%95.pdf", "测试.pdf"),
        ("filename*0=a; filename*1=b; filename*2=.txt", "ab.txt"),
        ("filename*=bogus''%E4.txt", "ä.txt"),
        ("filename==?utf-8?b?w6QudHh0?=", "ä.txt"),
    ],
)
def test_a18_file_names_are_cleaned(header: str, shown: str) -> None:
    raw = f"Content-Type: application/x-thing\r\nContent-Disposition: attachment; {header}\r\n\r\nX"
    (part,) = message.parse(raw.encode("latin-1")).attachments
    assert part.filename == shown


def _parts(count: int) -> bytes:
    return (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nHallo\r\n" * count + b"--b--\r\n"
    )


def _nested(depth: int) -> bytes:
    return (
        b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth)
        )
        + b"\r\nHallo"
    )


@pytest.mark.parametrize(
    ("name", "raw", "reason"),
    [
        ("a header block of 300 KB", b"A: b\r\n" * 50_000 + b"\r\nHallo", Obstacle.HEADER_BLOCK),
        ("100,000 headers", b"A:\n" * 100_000 + b"\nHallo", Obstacle.HEADER_BLOCK),
        ("a header line of 70 KB", b"Subject: " + b"x" * 70_000 + b"\r\n\r\nHallo", Obstacle.HEADER_LINE),
        ("20,000 addresses", b"To: " + b"a@x.example, " * 20_000 + b"\r\n\r\nHallo", Obstacle.HEADER_LINE),
        ("501 parts", _parts(501), Obstacle.PARTS),
        ("100,000 parts", _parts(100_000), Obstacle.PARTS),
        ("21 levels", _nested(21), Obstacle.DEPTH),
        ("1,000 levels", _nested(1_000), Obstacle.DEPTH),
        (
            "near-boundaries",
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--bx\n" * 30_000 + b"--b\n\nHallo\n",
            Obstacle.PARTS,
        ),
    ],
)
def test_a16_beyond_the_limits_a_mail_is_refused_before_it_is_parsed(
    name: str, raw: bytes, reason: Obstacle
) -> None:
    with pytest.raises(Unreadable) as refusal:
        message.parse(raw)
    assert refusal.value.reason is reason
    assert calls_made(lambda: _refused(raw)) < 1_500_000


def _refused(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        message.parse(raw)


def test_a14_a_mail_over_the_limit_is_refused_by_its_size() -> None:
    with pytest.raises(Unreadable) as refusal:
        message.parse(b"x" * 1_001, max_bytes=1_000)
    assert refusal.value.reason is Obstacle.TOO_LARGE


@pytest.mark.parametrize("raw", [_parts(500), _nested(20)], ids=["500 parts", "20 levels"])
def test_at_the_limits_a_mail_is_read(raw: bytes) -> None:
    assert "Hallo" in message.parse(raw).text


def test_the_limits_are_those_of_the_abuse_case() -> None:
    assert (limits.MAX_HEADER_BLOCK, limits.MAX_HEADER_LINE) == (256 * 1024, 64 * 1024)
    assert (limits.MAX_PARTS, limits.MAX_DEPTH, limits.MAX_MESSAGE) == (500, 20, 60 * 1024 * 1024)


def test_enclosed_messages_are_not_opened_however_deep() -> None:
    inner = b"Content-Type: message/rfc822\r\n\r\n" * 1_000 + b"Hallo"
    (part,) = message.parse(b"From: a@x.example\r\n" + inner).attachments
    assert part.content_type == "message/rfc822"


BOMBS: dict[str, Callable[[int], bytes]] = {
    "quotes in From": lambda n: b"From: " + b'"' * n + b"\r\n\r\nHallo",
    "escaped quotes in To": lambda n: b"To: " + b'\\"' * (n // 2) + b"\r\n\r\nHallo",
    "brackets in To": lambda n: b"To: " + b"<" * n + b"\r\n\r\nHallo",
    "comments in To": lambda n: b"To: " + b"(" * n + b"\r\n\r\nHallo",
    "addresses in To": lambda n: b"To: " + b"a@x.example,\r\n " * (n // 8) + b"\r\n\r\nHallo",
    "encoded words": lambda n: b"Subject:" + b" =?utf-8?q?x?=\r\n" * (n // 8) + b"\r\nHallo",
    "broken encoded words": lambda n: b"Subject: " + b"=?utf-8?q?" * (n // 8) + b"\r\n\r\nHallo",
    "ids in References": lambda n: b"References: " + b"<a@b>" * (n // 5) + b"\r\n\r\nHallo",
    "open brackets in References": lambda n: b"References: " + b"<" * n + b"\r\n\r\nHallo",
    "parameters": lambda n: b"Content-Type: text/plain" + b";a=b" * (n // 4) + b"\r\n\r\nHallo",
    "uuencode that never ends": lambda n: b"From: a@x.example\r\n\r\n" + b"begin 644 a\n" * (n // 12) + b"Hallo",
    "base64 with padding everywhere": lambda n: (
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(b"Hallo") * (n // 8)
    ),
    "flowed lines": lambda n: b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"Hallo \n" * (n // 7),
    "tags": lambda n: b"Content-Type: text/html\r\n\r\nHallo" + b"<a b='" * (n // 6),
    "open tags": lambda n: b"Content-Type: text/html\r\n\r\nHallo" + b"<" * n,
    "nested quotes": lambda n: b"Content-Type: text/html\r\n\r\nHallo" + b"<blockquote>x" * (n // 13),
    "comments": lambda n: b"Content-Type: text/html\r\n\r\nHallo" + b"<!--" * (n // 4),
    "styles": lambda n: b"Content-Type: text/html\r\n\r\nHallo" + b"<style>" * (n // 7),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a16_the_work_grows_like_themail(name: str) -> None:
    bomb = BOMBS[name]
    assert_linear(message.parse, bomb(20_000), bomb(40_000))
