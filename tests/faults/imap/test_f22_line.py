"""The way to a real mail server: refused, silent, cut, garbled; and the sleep until new mail comes (F22)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.integrations import imap
from app.integrations.imap import ImapRoute
from tests.faults.imap.ways import MAIL, MOST, WORD, Asleep, later, plain, secure, word_of
from tests.support.dovecot import Dovecot
from tests.support.http_sink import Answer, HttpSink
from tests.support.mailbox import MailProgram
from tests.support.tcp_proxy import TcpProxy

pytestmark = [pytest.mark.servers, pytest.mark.sqlite_only]

FAR_AHEAD = 60.0


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_the_admin_sees_that_everything_works(dovecot: Dovecot, program: MailProgram, tls: Any) -> None:
    program.create("Erledigt")
    port = dovecot.port if tls == "implicit" else dovecot.plain_port
    steps = imap.check(secure(dovecot, program, tls=tls, port=port), ["Erledigt", "Weg"])
    assert [step.word for step in steps] == ["ok"] * 6 + ["folder_missing"]


def test_a_certificate_nobody_vouches_for(dovecot: Dovecot, program: MailProgram) -> None:
    assert later(secure(dovecot, program, ca_file=None)).reason == "certificate"


def test_a_wrong_password_is_said_once(proxy: TcpProxy, program: MailProgram) -> None:
    later_ = later(plain(proxy, program, password="other"))
    assert later_.reason == "login_refused"
    assert "AUTHENTICATIONFAILED" in later_.detail
    assert proxy.connections == 1


def test_a_silent_server_is_given_up(proxy: TcpProxy, program: MailProgram) -> None:
    program.append(MAIL)
    with imap.open_mailbox(plain(proxy, program, timeout=0.3)) as mailbox:
        proxy.hush("to_client")
        assert word_of(lambda: mailbox.list_after(0)) == "timeout"
        assert proxy.swallowed.is_set()
    assert later(plain(proxy, program, timeout=0.3)).reason == "timeout"


def test_a_line_cut_inside_a_mail_is_lost_and_the_mail_is_still_there(
    proxy: TcpProxy, program: MailProgram
) -> None:
    program.append(MAIL)
    with imap.open_mailbox(plain(proxy, program)) as mailbox:
        proxy.cut_on(b"Der Drucker", "to_client")
        assert word_of(lambda: mailbox.fetch(1, MOST)) == "connection_lost"
    with imap.open_mailbox(plain(proxy, program)) as mailbox:
        assert mailbox.fetch(1, MOST) == MAIL
    assert program.flags(1) == set()


def test_a_server_that_is_killed_is_a_lost_line_and_then_a_closed_port(boxes: Iterator[str]) -> None:
    box = next(boxes)
    if not Dovecot.installed():
        pytest.skip(f"dovecot is not installed ({Dovecot.package})")
    with Dovecot({box: WORD}) as server, MailProgram(server) as program:
        program.append(MAIL)
        program.close()
        with imap.open_mailbox(secure(server, program, username=box)) as mailbox:
            server.kill9()
            assert word_of(lambda: mailbox.fetch(1, MOST)) == "connection_lost"
        assert later(secure(server, program)).reason == "connection_refused"


def test_a_goodbye_in_the_middle_of_a_mail_is_a_bad_moment(proxy: TcpProxy, program: MailProgram) -> None:
    program.append(MAIL)
    with imap.open_mailbox(plain(proxy, program)) as mailbox:
        proxy.garble(b"* 1 FETCH", b"* BYE maintenance\r\n* 1 FETCH", "to_client")
        assert word_of(lambda: mailbox.fetch(1, MOST)) == "busy"


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (b"{%d}" % len(MAIL), b"{%d}" % (len(MAIL) + 900_000)),  # announces more than comes
        (b"{%d}" % len(MAIL), b"{3}"),  # and less
        (b"{%d}" % len(MAIL), b"{-1}"),
        (b"BODY[]", b"BO\xff\r\n"),
        (b"(UID 1", b"(UID (((("),
        (b"OK Fetch", b"\0\0\0"),
        (b"* 1 FETCH", b"1 FETCH"),
    ],
)
def test_a_garbled_answer_is_never_a_mail(
    proxy: TcpProxy, program: MailProgram, pattern: bytes, replacement: bytes
) -> None:
    program.append(MAIL)
    with imap.open_mailbox(plain(proxy, program, timeout=0.3)) as mailbox:
        proxy.garble(pattern, replacement, "to_client")
        assert word_of(lambda: mailbox.fetch(1, MOST)) in ("garbled", "timeout")
        assert not mailbox.alive
        proxy.heal()
    with imap.open_mailbox(plain(proxy, program)) as mailbox:
        assert mailbox.fetch(1, MOST) == MAIL


def test_a_token_opens_the_mailbox_and_a_stale_one_does_not(boxes: Iterator[str]) -> None:
    if not Dovecot.installed():
        pytest.skip(f"dovecot is not installed ({Dovecot.package})")
    box = next(boxes)
    with HttpSink() as authority, Dovecot({box: WORD}, authority.url("/introspect")) as server:
        route = ImapRoute(
            "127.0.0.1", server.port, username=box, access_token="t0k", ca_file=str(server.authority)
        )
        authority.always = answer({"active": True, "upn": box})
        assert [step.word for step in imap.check(route)] == ["ok"] * 5
        assert authority.requests[0].headers["Authorization"] == "Bearer t0k"
        authority.always = answer({"active": False})
        step = imap.check(replace(route, access_token="stale"))[-1]
        assert (step.name, step.word) == ("login", "login_refused")
        assert "stale" not in step.detail


def test_a_new_mail_wakes_the_sleeper(dovecot: Dovecot, program: MailProgram) -> None:
    with imap.open_mailbox(secure(dovecot, program)) as mailbox:
        assert mailbox.list_after(0) == []
        assert mailbox.can_wait
        assert mailbox.wait(FAR_AHEAD, Asleep(lambda: program.append(MAIL)))
        assert [listed.uid for listed in mailbox.list_after(0)] == [1]
        assert mailbox.fetch(1, MOST) == MAIL
        assert not mailbox.wait(0.05)


def test_a_mail_that_came_before_the_sleep_is_not_slept_over(dovecot: Dovecot, program: MailProgram) -> None:
    program.append(MAIL)
    with imap.open_mailbox(secure(dovecot, program)) as mailbox:
        mailbox.list_after(0)
        program.append(MAIL)
        mailbox.mark_seen([1])
        assert mailbox.wait(FAR_AHEAD)


def test_a_line_that_breaks_during_the_sleep_is_noticed(proxy: TcpProxy, program: MailProgram) -> None:
    with imap.open_mailbox(plain(proxy, program)) as mailbox:
        assert word_of(lambda: mailbox.wait(FAR_AHEAD, Asleep(proxy.drop))) == "connection_lost"


def test_a_line_that_dies_quietly_is_noticed_when_the_sleep_ends(
    proxy: TcpProxy, program: MailProgram
) -> None:
    with imap.open_mailbox(plain(proxy, program, timeout=0.3)) as mailbox:
        assert word_of(lambda: mailbox.wait(0.1, Asleep(lambda: proxy.hush("to_client")))) == "timeout"


def test_a_move_wakes_nobody_twice(dovecot: Dovecot, program: MailProgram) -> None:
    program.append(MAIL)
    with imap.open_mailbox(secure(dovecot, program)) as mailbox:
        mailbox.list_after(0)
        mailbox.move([1], "Erledigt")
        assert not mailbox.wait(0.05)


def answer(told: dict[str, Any]) -> Answer:
    return Answer(200, json.dumps(told).encode(), {"Content-Type": "application/json"})
