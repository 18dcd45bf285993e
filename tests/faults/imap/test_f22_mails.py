"""Mails, numbers and folders of a real mail server, with people in the same mailbox (F22, A23)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from app.integrations import imap, imap_mailbox
from app.integrations.outcome import Undeliverable
from tests.faults.imap.ways import MAIL, MOST, later, plain, secure, word_of
from tests.support.dovecot import Dovecot
from tests.support.mailbox import MailProgram
from tests.support.tcp_proxy import TcpProxy

pytestmark = [pytest.mark.servers, pytest.mark.sqlite_only]


def test_mails_are_listed_and_read_and_stay_unread(dovecot: Dovecot, program: MailProgram) -> None:
    program.append(MAIL, received_at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    program.append(MAIL * 2)
    with imap.open_mailbox(secure(dovecot, program)) as mailbox:
        first, second = mailbox.list_after(0)
        assert (first.uid, first.size) == (1, len(MAIL))
        assert first.received_at == datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
        assert mailbox.fetch(first.uid, MOST) == MAIL
        assert mailbox.fetch(second.uid, len(MAIL) * 2) == MAIL * 2
        assert mailbox.fetch_head(first.uid, 1000) == MAIL.partition(b"Der")[0]
        assert mailbox.fetch_head(first.uid, 12) == MAIL[:12]
    assert program.flags(first.uid) == program.flags(second.uid) == set()


def test_a_mail_read_by_somebody_else_is_listed_all_the_same(dovecot: Dovecot, program: MailProgram) -> None:
    read = program.append(MAIL, flags=[r"\Seen"])
    marked = program.append(MAIL)
    program.mark(marked, r"\Seen", r"\Flagged")
    with imap.open_mailbox(secure(dovecot, program)) as mailbox:
        assert [listed.uid for listed in mailbox.list_after(0)] == [read, marked]
        assert mailbox.fetch(marked, MOST) == MAIL


def test_the_last_mail_is_not_listed_for_ever(dovecot: Dovecot, program: MailProgram) -> None:
    """``n:*`` names the last mail even when its number is lower (RFC 3501, 6.4.8)."""
    last = program.append(MAIL)
    assert program.client.select_folder("INBOX") and program.client.search(["UID", f"{last + 5}:*"]) == [last]
    with imap.open_mailbox(secure(dovecot, program)) as mailbox:
        assert mailbox.list_after(last) == mailbox.list_after(last + 5) == []
        new = program.append(MAIL)
        assert [listed.uid for listed in mailbox.list_after(last)] == [new]


def test_a_backlog_comes_in_steps_and_from_a_day_on(
    dovecot: Dovecot, program: MailProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_mailbox, "WINDOW", 4)
    monkeypatch.setattr(imap_mailbox, "CHUNK", 3)
    for day in range(1, 11):
        program.append(MAIL, received_at=datetime(2026, 3, day, 12, tzinfo=UTC))
    program.remove(6, 7)
    with imap.open_mailbox(secure(dovecot, program)) as mailbox:
        seen: list[int] = []
        while some := mailbox.list_after(seen[-1] if seen else 0, limit=5):
            seen += [listed.uid for listed in some]
        assert seen == [1, 2, 3, 4, 5, 8, 9, 10]
        assert [listed.uid for listed in mailbox.list_after(0, since=date(2026, 3, 9))] == [9, 10]
        assert [listed.uid for listed in mailbox.list_after(9, since=date(2026, 3, 1))] == [10]
        assert mailbox.list_after(0, since=date(2026, 3, 11)) == []


def test_a_mail_gone_between_list_and_fetch_is_gone(dovecot: Dovecot, program: MailProgram) -> None:
    program.append_many([MAIL] * 3)
    with imap.open_mailbox(secure(dovecot, program)) as mailbox:
        assert [listed.uid for listed in mailbox.list_after(0)] == [1, 2, 3]
        program.remove(2)
        assert mailbox.fetch(2, MOST) is None
        assert mailbox.fetch_head(2, 10) is None
        assert mailbox.fetch(3, MOST) == MAIL
        mailbox.mark_seen([2, 3])
        mailbox.move([2], "Erledigt")
        assert [listed.uid for listed in mailbox.list_after(0)] == [1, 3]
    assert program.flags(3) == {r"\Seen"}


def test_a_mail_over_the_limit_is_not_read(dovecot: Dovecot, program: MailProgram) -> None:
    large = program.append(b"Subject: x\r\n\r\n" + b"z" * 100_000)
    with imap.open_mailbox(secure(dovecot, program)) as mailbox:
        with pytest.raises(Undeliverable, match="message_too_large"):
            mailbox.fetch(large, 50_000)
        assert not mailbox.alive
    with imap.open_mailbox(secure(dovecot, program)) as mailbox:
        assert len(mailbox.fetch(large, 200_000) or b"") == 100_014


def test_a_folder_made_anew_counts_under_another_validity(dovecot: Dovecot, program: MailProgram) -> None:
    program.create("Anfragen")
    program.append(MAIL, "Anfragen")
    route = secure(dovecot, program, folder="Anfragen")
    with imap.open_mailbox(route) as mailbox:
        before = mailbox.uidvalidity
    program.recreate("Anfragen")
    program.append(MAIL, "Anfragen")
    with imap.open_mailbox(route) as mailbox:
        assert mailbox.uidvalidity != before
        assert [listed.uid for listed in mailbox.list_after(0)] == [1]


def test_the_same_mails_under_other_numbers_are_noticed(dovecot: Dovecot, program: MailProgram) -> None:
    program.append_many([MAIL] * 2)
    program.remove(1)
    with imap.open_mailbox(secure(dovecot, program)) as mailbox:
        before = mailbox.uidvalidity
        assert [listed.uid for listed in mailbox.list_after(0)] == [2]
    program.renumber()
    with imap.open_mailbox(secure(dovecot, program)) as mailbox:
        assert mailbox.uidvalidity != before
        assert [listed.uid for listed in mailbox.list_after(0)] == [1]


def test_a_missing_folder_is_said(dovecot: Dovecot, program: MailProgram) -> None:
    assert later(secure(dovecot, program, folder="Weg")).reason == "folder_missing"


def test_mails_move_to_a_folder_that_is_made_for_them(dovecot: Dovecot, program: MailProgram) -> None:
    program.append_many([MAIL] * 3)
    with imap.open_mailbox(secure(dovecot, program)) as mailbox:
        mailbox.move([1, 3], "Erledigt – 100 % & mehr")
        mailbox.move([2], "Erledigt – 100 % & mehr")
    assert program.folder("Erledigt – 100 % & mehr") == [MAIL] * 3
    assert program.uids() == []
    assert program.client.list_sub_folders()[-1][2] == "Erledigt – 100 % & mehr"


@pytest.mark.parametrize(("hidden", "left"), [([b"MOVE"], [2, 3]), ([b"MOVE", b"UIDPLUS"], [1, 2, 3])])
def test_without_move_nobody_elses_mail_is_removed(
    proxy: TcpProxy, program: MailProgram, hidden: list[bytes], left: list[int]
) -> None:
    program.append_many([MAIL] * 3)
    program.mark(2, r"\Deleted")
    for capability in hidden:
        proxy.garble(capability, b"X" * len(capability), "to_client")
    with imap.open_mailbox(plain(proxy, program)) as mailbox:
        mailbox.move([1], "Erledigt")
    assert program.folder("Erledigt") == [MAIL]
    assert program.uids() == left
    assert r"\Deleted" in program.flags(left[0])


def test_a_folder_that_takes_nothing_more_refuses_the_move(dovecot: Dovecot, program: MailProgram) -> None:
    program.append(MAIL)
    program.create("Voll")
    program.shut("Voll")
    with imap.open_mailbox(secure(dovecot, program)) as mailbox:
        assert word_of(lambda: mailbox.move([1], "Voll")) == "move_refused"
        assert mailbox.alive
        assert mailbox.fetch(1, MOST) == MAIL


def test_a23_a_folder_name_cannot_carry_a_command(dovecot: Dovecot, program: MailProgram) -> None:
    program.append(MAIL)
    program.create("Wichtig")
    name = "INBOX\r\nX1 DELETE Wichtig"
    assert imap.check(secure(dovecot, program, folder=name))[-1].word == "bad_folder"
    with imap.open_mailbox(secure(dovecot, program)) as mailbox:
        assert word_of(lambda: mailbox.move([1], name)) == "bad_folder"
    assert program.folders() == ["INBOX", "Wichtig"]
