"""`flask mail import`: real mails become tickets, twice is once, and everything that is no ticket is named."""

from __future__ import annotations

import contextvars
import json
import os
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.accounts.models import Person, Team
from app.core import files
from app.core.db import db
from app.core.environment import environment
from app.core.uow import run_unit
from app.mailroom.models import RawMail
from app.mailroom.outcomes import State
from app.tickets.models import Attachment, Comment, Ticket
from tests.support.letters import MIA, kept, key_for, letter, tickets

SAMPLES = Path(__file__).resolve().parents[1] / "mail" / "samples"
EXPECTED: dict[str, dict[str, Any]] = json.loads((SAMPLES / "expected.json").read_text("utf-8"))
MESSAGES = {name: told for name, told in EXPECTED.items() if name.endswith(".eml")}
EMPTY = "sisimai/size-0.eml"


@pytest.fixture
def shell(world):
    def run(*words: str | Path) -> Any:
        db.session.rollback()
        runner = world.app.test_cli_runner()
        answer = contextvars.Context().run(runner.invoke, args=["mail", "import", *map(str, words)])
        db.session.rollback()
        db.session.expire_all()
        return answer

    return run


def last_line(answer: Any) -> str:
    return str(answer.output.splitlines()[-1])


def line_about(answer: Any, name: str) -> str:
    return next(line.partition(": ")[2] for line in answer.output.splitlines() if f"{name}: " in line)


def by_source() -> dict[str, RawMail]:
    return {raw.source: raw for raw in kept()}


def test_every_sample_is_imported_and_a_second_run_changes_nothing(world, shell):
    machines = {name for name, told in MESSAGES.items() if told.get("machine") or told.get("is_bounce")}
    world.agent()

    answer = shell(SAMPLES)

    assert answer.exit_code == 0
    found = [path for path in SAMPLES.rglob("*") if path.is_file() and not path.name.startswith(".")]
    created = len(tickets())
    assert (
        last_line(answer)
        == f"created {created}, updated 0, ignored {len(found) - created}, quarantined 0, errors 0"
    )
    assert {raw.source for raw in kept()} == {Path(name).name for name in MESSAGES if name != EMPTY}
    for path in found:
        name = str(path.relative_to(SAMPLES))
        if path.suffix != ".eml":
            assert line_about(answer, name) == "keine E-Mail"
        elif name != EMPTY:
            state = by_source()[path.name].state
            assert state in (State.TICKET, State.IGNORED)
            assert state is State.IGNORED or name not in machines
            assert (f"{name}: " in answer.output) == (state is State.IGNORED)
    assert line_about(answer, EMPTY) == "keine E-Mail (leere Datei)"

    before = _everything()
    again = shell(SAMPLES)
    assert again.exit_code == 0
    assert last_line(again) == f"created 0, updated 0, ignored {len(found)}, quarantined 0, errors 0"
    assert _everything() == before
    first = tickets()[0]
    assert f"schon importiert ({first.number})" in again.output


def _everything() -> list[Any]:
    tables = (Ticket, Comment, Attachment, RawMail)
    return [list(db.session.execute(sa.select(table.__table__))) for table in tables]


def test_the_tickets_say_what_the_samples_say(world, shell):
    world.agent()
    assert shell(SAMPLES).exit_code == 0
    mails = by_source()
    for name, told in MESSAGES.items():
        raw = mails.get(Path(name).name)
        if raw is None or raw.state is not State.TICKET:
            assert name == EMPTY or told.get("machine") is not False
            continue
        ticket = db.session.get_one(Ticket, raw.ticket_id)
        assert ticket.email_from == told.get("from_address", ticket.email_from)
        words = told.get("subject", "").removeprefix("Re: ").removeprefix("AW: ").removeprefix("WG: ")
        assert words in ticket.title
        names = db.session.scalars(
            sa.select(Attachment.filename).where(Attachment.ticket_id == ticket.id).order_by(Attachment.id)
        ).all()
        if "attachments" in told:
            assert names == [files.display_name(one) for one in told["attachments"]] == told["attachments"]
        for phrase in told.get("reply_has", ()):
            assert phrase in " ".join(ticket.description.split())


def test_every_file_of_an_imported_mail_can_be_shown_and_downloaded(world, shell):
    agent = world.browser(world.agent())
    shell(SAMPLES)
    found = db.session.scalars(sa.select(Attachment).order_by(Attachment.id)).all()
    assert len(found) >= 20
    for one in found:
        answer = agent.get(f"/tickets/files/{one.id}")
        assert answer.status_code == 200, one.filename
        assert len(answer.get_data()) == one.size
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        answer.close()


def test_every_imported_ticket_has_a_page(world, shell):
    agent = world.browser(world.agent())
    shell(SAMPLES)
    for ticket in tickets():
        page = agent.get(f"/tickets/{ticket.number}")
        assert page.status_code == 200, ticket.title


def test_a_mailbox_holds_many_mails(shell, tmp_path):
    separator = b"From mia@kunde.example Mon Nov 16 08:00:00 2026\r\n"
    box = b"".join(separator + letter(f"Brief {n}\n\n>From Anfang an.") + b"\r\n" for n in range(3))
    (tmp_path / "alt.mbox").write_bytes(box + separator + b"kein Kopf\r\n\r\nText\r\n")
    answer = shell(tmp_path / "alt.mbox")
    assert last_line(answer) == "created 3, updated 0, ignored 1, quarantined 0, errors 0"
    assert line_about(answer, "alt.mbox#4") == "keine E-Mail"
    assert sorted(by_source()) == ["alt.mbox#1", "alt.mbox#2", "alt.mbox#3"]
    assert tickets()[0].description == "Brief 0\n\nFrom Anfang an."


def test_folders_are_walked_in_order_without_hidden_files(shell, tmp_path):
    for name in (
        "b/2.eml",
        "a/1.eml",
        "a/cur/1700000.M1P2.host:2,S",
        ".hidden.eml",
        ".git/3.eml",
        "notiz.txt",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(letter(name))
    answer = shell(tmp_path)
    assert last_line(answer) == "created 3, updated 0, ignored 1, quarantined 0, errors 0"
    assert [ticket.description for ticket in tickets()] == [
        "a/1.eml",
        "a/cur/1700000.M1P2.host:2,S",
        "b/2.eml",
    ]
    assert line_about(answer, "notiz.txt") == "keine E-Mail"


def test_a_single_mail_that_begins_like_a_mailbox_is_one_mail(shell, tmp_path):
    line = b"From mia@kunde.example Mon Nov 16 08:00:00 2026\n"
    (tmp_path / "a.eml").write_bytes(line + letter("eins\n\n" + line.decode() + "zwei"))
    assert last_line(shell(tmp_path / "a.eml")).startswith("created 1,")
    assert "zwei" in tickets()[0].description


def test_answers_and_quarantine_are_named(world, shell, tmp_path):
    (tmp_path / "1.eml").write_bytes(letter())
    shell(tmp_path)
    (ticket,) = tickets()
    mia = db.session.get_one(Person, ticket.requester_id)
    (tmp_path / "2.eml").write_bytes(letter(sender=MIA, headers={"In-Reply-To": key_for(ticket, mia)}))
    (tmp_path / "3.eml").write_bytes(b"From: p@x.example\r\nX-A: " + b"a" * 70_000 + b"\r\n\r\nText")
    answer = shell(tmp_path)
    assert line_about(answer, "1.eml") == f"schon importiert ({ticket.number})"
    assert line_about(answer, "2.eml") == f"an {ticket.number} angefügt"
    assert line_about(answer, "3.eml").startswith(
        "in Quarantäne: eine Zeile im Kopf der E-Mail ist zu lang ("
    )
    assert last_line(answer) == "created 0, updated 1, ignored 1, quarantined 1, errors 0"
    assert answer.exit_code == 0


def test_a_missing_path_is_said_before_anything_is_done(shell, tmp_path):
    (tmp_path / "1.eml").write_bytes(letter())
    answer = shell(tmp_path, tmp_path / "fehlt.eml")
    assert answer.exit_code == 2
    assert "Es gibt keine Datei und keinen Ordner" in answer.output
    assert kept() == []


def test_without_a_furnished_house_nothing_is_taken_in(world, shell, tmp_path):
    (tmp_path / "1.eml").write_bytes(letter())
    run_unit(lambda: db.session.execute(sa.update(Team).values(is_default=False)))
    answer = shell(tmp_path)
    assert answer.exit_code == 2
    assert "flask deploy" in answer.output
    assert kept() == []


def test_an_unreadable_file_is_an_error_and_stops_nothing(shell, tmp_path):
    (tmp_path / "1.eml").symlink_to("/proc/self/mem")  # a plain file whose first byte nobody can read
    (tmp_path / "2.eml").write_bytes(letter())
    answer = shell(tmp_path)
    assert line_about(answer, "1.eml").startswith("Fehler: die Datei lässt sich nicht lesen (")
    assert last_line(answer) == "created 1, updated 0, ignored 0, quarantined 0, errors 1"
    assert answer.exit_code == 1


def test_what_is_no_plain_file_is_no_mail(shell, tmp_path):
    os.mkfifo(tmp_path / "rohr.eml")
    (tmp_path / "verweis.eml").symlink_to(tmp_path / "nirgends")
    assert last_line(shell(tmp_path)) == "created 0, updated 0, ignored 2, quarantined 0, errors 0"


def test_names_cannot_write_to_the_terminal(shell, tmp_path):
    (tmp_path / "böse\x1b[2J\nok.txt").write_bytes(b"x")
    os.rename(os.fsencode(tmp_path / "böse\x1b[2J\nok.txt"), os.fsencode(tmp_path) + b"/b\xff\x1b[2J\nok.txt")
    answer = shell(tmp_path)
    assert "\x1b" not in answer.output
    assert len(answer.output.splitlines()) == 2


def test_the_house_language_is_spoken(shell, tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_bytes(b"x")
    object.__setattr__(environment(), "default_locale", "en")
    try:
        assert line_about(shell(tmp_path), "a.txt") == "not an e-mail"
    finally:
        object.__setattr__(environment(), "default_locale", "de")


def test_long_runs_tell_how_far_they_are(shell, tmp_path):
    for number in range(205):
        (tmp_path / f"{number:03}.txt").write_bytes(b"x")
    answer = shell(tmp_path)
    assert [line for line in answer.stderr.splitlines() if "durchgesehen" in line] == [
        "112 Dateien und E-Mails durchgesehen",
        "205 Dateien und E-Mails durchgesehen",
    ]
    assert last_line(answer).startswith("created 0,")
