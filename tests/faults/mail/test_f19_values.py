"""Values a database may choke on, in every field of a mail: too long, too odd, or with a NUL in the middle."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from app.accounts.models import Person
from app.core.db import db
from app.mailroom.outcomes import State
from app.tickets.models import Attachment
from tests.support import servers
from tests.support.letters import bring, kept, letter, tickets
from tests.support.relaying import ROOT, Worker
from tests.support.seeding import seed
from tests.support.world import World

# What comes in, and what has to be there afterwards: everything that is text, and nothing that is none.
ODD = {
    "NUL": (b"vor\x00nach", "vornach"),
    "emoji": ("Grüße 😀💩👩‍👩‍👧‍👦".encode(), "Grüße 😀💩👩‍👩‍👧‍👦"),
    "beyond the first plane": ("𝔘𝔫𝔦 𠜎 \U0010fffd".encode(), "𝔘𝔫𝔦 𠜎 \U0010fffd"),
    "half a character": (b"vor \xed\xa0\x80 nach", "vor "),
    "no characters": ("vor \ufffe\uffff nach".encode(), "vor "),
    "marks on marks": (("Z" + "\u0338\u0321\u031b" * 30).encode(), "Z\u0338"),
    "turned round": ("\u202egpj.exe".encode(), "gpj.exe"),
    "syntax": (b"\\' OR 1=1; -- %s %(x)s {} \\0 \\x00", "OR 1=1; -- %s %(x)s {} \\0 \\x00"),
    "nothing but NUL": (b"\x00\x00\x00", ""),
}
PACKET = 16 * 1024 * 1024
LONG = {
    "text": letter("Sehr viele Worte\r\n" * (PACKET // 16)),
    "quotes": letter("Neu\r\n" + "> Alte Worte\r\n" * (PACKET // 12)),
    "signs that grow": letter(("> http://" + "&" * 900 + "\r\n") * 1100 + ("http://" + "&" * 900 + "\r\n") * 215),
    "file": letter("Anbei", files=[("groß.bin", bytes(PACKET + 1))]),
    "subject": letter(subject="lang " * 10_000),
    "sender": letter(sender=f"{'Mia ' * 5_000}<mia@kunde.example>"),
    "address": letter(sender=f"mia@{'kunde.' * 60}example"),
    "file name": letter(files=[("lang" * 5_000 + ".txt", b"x")]),
    "ids": letter(headers={"Message-ID": f"<{'i' * 5_000}@x.example>", "References": "<r@x.example> " * 3_000}),
}  # fmt: skip


def odd_mail(value: bytes) -> bytes:
    """A mail that says the same everywhere, each time in the way the place asks for."""
    word = b"=?utf-8?b?" + base64.b64encode(value) + b"?="
    lines = (
        b"From: " + word + b" <mia@kunde.example>",
        b"Subject: " + word,
        b"Message-ID: <odd@kunde.example>",
        b'Content-Type: multipart/mixed; boundary="b"',
        b"",
        b"--b",
        b"Content-Type: text/plain; charset=utf-8",
        b"Content-Transfer-Encoding: 8bit",
        b"",
        value,
        b"--b",
        b"Content-Type: application/octet-stream",
        b"Content-Disposition: attachment; filename*=utf-8''" + quote(value + b".txt").encode(),
        b"",
        b"x",
        b"--b--",
    )
    return b"\r\n".join(lines) + b"\r\n"


def texts(world: World) -> dict[str, str]:
    """Every field of the mail as the database has it."""
    (ticket,) = tickets()
    person = db.session.get_one(Person, ticket.requester_id)
    (name,) = db.session.scalars(sa.select(Attachment.filename))
    raw = kept()[0]
    return {
        "title": ticket.title,
        "name": f"{person.first_name} {person.last_name}",
        "text": ticket.description,
        "html": ticket.description_html,
        "file": name,
        "listed": raw.subject,
    }


@pytest.mark.parametrize("name", ODD)
def test_f19_odd_signs_arrive_in_every_field(world: World, name: str) -> None:
    value, text = ODD[name]
    bring(world.app, odd_mail(value))
    assert kept()[0].state is State.TICKET, (kept()[0].reason, kept()[0].detail)
    found = texts(world)
    for field, said in found.items():
        assert "\x00" not in said, field
        said.encode("utf-8")  # no half characters
    for field in ("title", "name", "text"):
        assert text in found[field].replace("\u202e", ""), field
    agent = world.agent()
    page = world.browser(agent).get(f"/tickets/{tickets()[0].number}")
    assert page.status_code == 200


@pytest.mark.parametrize("name", LONG)
def test_f19_values_beyond_any_packet_arrive_or_are_set_aside(world: World, name: str) -> None:
    bring(world.app, LONG[name], letter("Dahinter"))
    first, second = kept()
    assert second.state is State.TICKET
    assert first.state is State.TICKET or first.reason in ("header_line", "header_block"), first.reason
    assert first.attempts == 1
    with world.app.extensions["storage"].open(first.sha256) as stream:
        assert stream.read() == LONG[name]


@pytest.mark.servers
@pytest.mark.only_on("mariadb")
def test_f19_a_database_with_small_packets_stops_no_other_mail(engine_name: str, tmp_path: Path) -> None:
    """It answers with a lost line, as in an outage: the mail waits for its next attempt, the others come in."""
    folder = tmp_path / "mails"
    folder.mkdir()
    (folder / "1.eml").write_bytes(LONG["signs that grow"])
    (folder / "2.eml").write_bytes(letter("Dahinter"))
    with servers.MariaDB("--max-allowed-packet=1M") as server:
        url = servers.create_database(server.url, "small")
        seed(url, tmp_path)
        line = imported(url, tmp_path, folder)
    assert line == "created 1, updated 0, ignored 0, quarantined 0, errors 1"


def imported(url: str, data_dir: Path, folder: Path) -> str:
    """What a run of `flask mail import` says at its end."""
    environment = Worker(url, data_dir).environment() | {"FLASK_APP": "app:create_app"}
    command = [sys.executable, "-m", "flask", "mail", "import", str(folder)]
    answer = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert answer.stdout, answer.stderr
    return answer.stdout.splitlines()[-1]
