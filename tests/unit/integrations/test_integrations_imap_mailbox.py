"""What is said to a mail server about mails: numbers only, never the read flag, nothing of other people's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from threading import Event
from typing import Any

import pytest
import time_machine

from app.integrations import imap, imap_mailbox
from app.integrations.imap import ImapRoute, Listed
from app.integrations.outcome import RetryLater
from tests.support.imap_script import CLOSE, HANG, ImapScript

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DONE = "{tag} OK done"


def test_sizes_and_times_come_without_a_body() -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        server.script(
            "UID FETCH",
            '* 1 FETCH (UID 7 RFC822.SIZE 900 INTERNALDATE "01-Mar-2026 23:30:00 +0100" FLAGS (\\Seen))',
            DONE,
        )
        assert mailbox.list_after(0) == [Listed(7, 900, datetime(2026, 3, 1, 22, 30, tzinfo=UTC))]
    assert server.named("UID") == ["UID SEARCH UID 1:*", "UID FETCH 7 (RFC822.SIZE INTERNALDATE)"]


@pytest.mark.parametrize(
    "said",
    [
        "",
        "* 1 FETCH (UID 7 RFC822.SIZE x INTERNALDATE NIL)",
        '* 1 FETCH (UID 7 INTERNALDATE "31-Feb-2026 25:00:00 +9999")',
        '* 1 FETCH (UID 7 INTERNALDATE "31-Dec-9999 23:59:59 -0100")',
    ],
)
@time_machine.travel(NOW, tick=False)
def test_a_mail_the_server_says_nothing_sensible_about_is_listed_all_the_same(said: str) -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        server.script("UID FETCH", said or "* OK", DONE)
        assert mailbox.list_after(0) == [Listed(7, 0, NOW)]


@time_machine.travel(NOW, tick=False)
def test_a_mail_the_server_stumbles_over_does_not_take_the_others_with_it() -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        server.script("UID SEARCH", "* SEARCH 7 8 9", DONE)
        server.script("UID FETCH", "{tag} NO internal error")
        server.script("UID FETCH", "{tag} NO internal error")
        server.script(
            "UID FETCH", "* 2 FETCH (UID 8 RFC822.SIZE 80)", "* 3 FETCH (UID 9 RFC822.SIZE 90)", DONE
        )
        assert mailbox.list_after(0) == [Listed(7, 0, NOW), Listed(8, 80, NOW), Listed(9, 90, NOW)]
        assert mailbox.alive


def test_the_last_mail_is_not_listed_again_although_the_server_names_it() -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        assert mailbox.list_after(7) == []
    assert server.named("UID") == ["UID SEARCH UID 8:*"]


def test_the_day_mail_is_taken_from_is_a_matter_of_the_server() -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        server.script("UID SEARCH", "* SEARCH", DONE)
        assert mailbox.list_after(0, since=date(2026, 3, 1)) == []
    assert server.named("UID") == ["UID SEARCH UID 1:* SINCE 01-Mar-2026"]


def test_an_empty_folder_is_not_searched() -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        server.script("SELECT", "* 0 EXISTS", "* OK [UIDVALIDITY 42] kept", DONE)
        assert mailbox.list_after(0) == []
    assert server.named("UID") == []


def test_a_full_folder_is_searched_in_windows_from_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """So the answer, one line, stays short, and a mail that moves down by a removal is not passed over."""
    monkeypatch.setattr(imap_mailbox, "WINDOW", 3)
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        server.script("SELECT", "* 7 EXISTS", "* OK [UIDVALIDITY 42] kept", DONE)
        server.script("UID SEARCH", "* SEARCH 50 60 70", DONE)
        server.script("UID SEARCH", "* SEARCH 20 30 40", DONE)
        server.script("UID SEARCH", "* SEARCH 10", DONE)
        assert [listed.uid for listed in mailbox.list_after(0, limit=4)] == [10, 20, 30, 40]
    assert server.named("UID SEARCH") == [f"UID SEARCH {window} UID 1:*" for window in ("5:*", "2:4", "1:1")]


def test_many_mails_are_named_in_several_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_mailbox, "CHUNK", 2)
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        mailbox.mark_seen([1, 2, 3])
        mailbox.move([1, 2, 3], "Erledigt")
        mailbox.mark_seen([])
        mailbox.move([], "Erledigt")
    assert server.named("UID") == [
        "UID STORE 1,2 +FLAGS.SILENT (\\Seen)",
        "UID STORE 3 +FLAGS.SILENT (\\Seen)",
        'UID MOVE 1,2 "Erledigt"',
        'UID MOVE 3 "Erledigt"',
    ]


def test_a_folder_made_anew_while_it_is_open_ends_the_conversation() -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        assert mailbox.uidvalidity == 42
        server.script("SELECT", "* 1 EXISTS", "* OK [UIDVALIDITY 43] kept", DONE)
        assert _later(lambda: mailbox.list_after(0)).reason == "uidvalidity_changed"
        assert (mailbox.alive, mailbox.uidvalidity) == (False, 42)


def test_a_mail_that_cannot_be_read_is_no_mail_that_has_gone() -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        for answer in (("{tag} NO internal error",), ("* 1 FETCH (UID 7 BODY[] NIL)", DONE), (DONE,)):
            server.script("UID FETCH", *answer)
            assert _later(lambda: mailbox.fetch(7, 100)).reason == "fetch_refused"
        assert mailbox.alive
        server.script("UID FETCH", "{tag} NO [EXPUNGEISSUED] some have gone")
        server.script("UID SEARCH", "* SEARCH", DONE)
        assert mailbox.fetch(7, 100) is None


def test_what_the_server_tells_of_other_mails_is_not_taken_for_this_one() -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        server.script(
            "UID FETCH",
            "* 7 FETCH (FLAGS (\\Seen))",
            b"* 3 FETCH (UID 8 BODY[] {3}\r\nabc)\r\n* 4 FETCH (UID 7 BODY[] {3}\r\nxyz)\r\n",
            DONE,
        )
        assert mailbox.fetch(7, 100) == b"xyz"


def test_the_head_alone_is_asked_for_in_part() -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        server.script("UID FETCH", b"* 1 FETCH (UID 7 BODY[HEADER]<0> {5}\r\nSubje)\r\n", DONE)
        assert mailbox.fetch_head(7, 5) == b"Subje"
    assert server.named("UID FETCH") == ["UID FETCH 7 (BODY.PEEK[HEADER]<0.5>)"]


def test_without_move_ours_is_copied_and_only_ours_removed() -> None:
    with ImapScript(offers="AUTH=PLAIN UIDPLUS") as server, imap.open_mailbox(_route(server)) as mailbox:
        mailbox.move([7], "Erledigt")
    assert server.named("UID") == [
        'UID COPY 7 "Erledigt"',
        "UID STORE 7 +FLAGS.SILENT (\\Deleted)",
        "UID EXPUNGE 7",
    ]
    assert server.named("EXPUNGE") == []


def test_without_uidplus_ours_is_only_marked() -> None:
    with ImapScript(offers="AUTH=PLAIN") as server, imap.open_mailbox(_route(server)) as mailbox:
        mailbox.move([7], "Erledigt")
    assert [line for line in server.commands if "EXPUNGE" in line or line == "CLOSE"] == []
    assert server.named("UID STORE") == ["UID STORE 7 +FLAGS.SILENT (\\Deleted)"]


def test_a_missing_folder_is_made_and_shown_to_people() -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        server.script("UID MOVE", "{tag} NO [TRYCREATE] no such folder")
        server.script("STATUS", "{tag} NO [NONEXISTENT] no such folder")
        server.script("SUBSCRIBE", "{tag} NO we do not do that here")
        mailbox.move([7], "Erledigt & weg")
    said = [command for command in server.commands if command != "NOOP"]
    assert said[-6:-1] == [
        "UID SEARCH UID 7",
        'STATUS "Erledigt &- weg" (UIDVALIDITY)',
        'CREATE "Erledigt &- weg"',
        'SUBSCRIBE "Erledigt &- weg"',
        'UID MOVE 7 "Erledigt &- weg"',
    ]


def test_a_folder_that_cannot_be_made_is_said() -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        server.script("UID MOVE", "{tag} NO no such folder")
        server.script("STATUS", "{tag} NO no such folder")
        server.script("CREATE", "{tag} NO [CANNOT] not below this one")
        assert _later(lambda: mailbox.move([7], "a/b")).reason == "folder_refused"
        assert mailbox.alive


def test_a_full_mailbox_refuses_the_move_and_the_mail_stays() -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        server.script("UID MOVE", "{tag} NO [OVERQUOTA] quota exceeded")
        later = _later(lambda: mailbox.move([7], "Erledigt"))
        assert (later.reason, later.detail) == ("move_refused", "NO [OVERQUOTA] quota exceeded")
        assert mailbox.alive
    assert server.named("CREATE") == []


def test_moving_what_has_gone_is_no_failure() -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        server.script("UID MOVE", "{tag} NO no matching messages")
        server.script("UID SEARCH", "* SEARCH", DONE)
        mailbox.move([7], "Erledigt")


def test_a_refused_mark_is_said() -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        server.script("UID STORE", "{tag} NO [NOPERM] read only")
        assert _later(lambda: mailbox.mark_seen([7])).reason == "flag_refused"


def test_a_folder_removed_while_it_is_open_is_no_fault_of_its_mails() -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        server.script("SELECT", "{tag} NO [NONEXISTENT] it has gone")
        assert _later(lambda: mailbox.list_after(0)).reason == "folder_missing"
        assert not mailbox.alive


@pytest.mark.parametrize("news", ["* 2 EXISTS", "* 1 RECENT"])
def test_new_mail_wakes_the_sleeper(news: str) -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        server.script("IDLE", "* OK wait", "+ idling", "* OK still here", "* 1 FETCH (FLAGS ())", news)
        assert mailbox.wait(30)
        assert mailbox.list_after(7) == []
    assert server.named("DONE") == ["DONE"]


def test_half_a_line_is_kept_until_the_rest_comes() -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        server.script("IDLE", b"+ idling\r\n* 2 EXI")
        server.script("DONE", b"STS\r\n{tag} OK done\r\n")
        assert mailbox.wait(0.05)


def test_mail_told_of_beside_another_command_is_not_slept_over() -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        server.script("UID STORE", "* 2 EXISTS", DONE)
        mailbox.mark_seen([7])
        assert mailbox.wait(30)
        assert server.named("IDLE") == []
        mailbox.list_after(7)
        assert not mailbox.wait(0.05)


def test_a_sleeper_can_be_called() -> None:
    stop = Event()
    stop.set()
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        assert not mailbox.wait(30, stop)
        mailbox.mark_seen([7])
    assert server.commands[-5:-1] == ["IDLE", "DONE", "NOOP", "UID STORE 7 +FLAGS.SILENT (\\Seen)"]


def test_only_a_server_with_idle_offers_to_wait() -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        assert mailbox.can_wait
    with ImapScript(offers="AUTH=PLAIN") as server, imap.open_mailbox(_route(server)) as mailbox:
        assert not mailbox.can_wait


@pytest.mark.parametrize(
    ("said", "word"),
    [
        (("{tag} NO not for you",), "wait_refused"),
        (("+ idling", "{tag} OK enough"), "wait_refused"),
        (("+ idling", "* BYE we close"), "busy"),
        (("+ idling", CLOSE), "connection_lost"),
        ((CLOSE,), "connection_lost"),
        ((HANG,), "timeout"),
    ],
)
def test_a_sleep_that_ends_badly_has_its_word(said: tuple[str, ...], word: str) -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server, timeout=0.2)) as mailbox:
        server.script("IDLE", *said)
        assert _later(lambda: mailbox.wait(30)).reason == word


def test_a_line_that_died_without_a_word_is_noticed_at_the_end_of_the_sleep() -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server, timeout=0.2)) as mailbox:
        server.script("DONE", HANG)
        assert _later(lambda: mailbox.wait(0.05)).reason == "timeout"


def _route(server: ImapScript, **changes: Any) -> ImapRoute:
    return ImapRoute(
        **{
            "host": "127.0.0.1",
            "port": server.port,
            "tls": "none",
            "username": "u",
            "timeout": 5.0,
            **changes,
        }
    )


def _later(call: Callable[[], object]) -> RetryLater:
    with pytest.raises(RetryLater) as later:
        call()
    return later.value
