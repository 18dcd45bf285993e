"""A mail server that talks nonsense: every failure has its word, nothing waits or grows without bound (F22)."""

from __future__ import annotations

import socket
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.integrations import imap
from app.integrations.imap import ImapRoute, Mailbox
from app.integrations.outcome import RetryLater, Undeliverable
from tests.support.imap_script import CLOSE, HANG, ImapScript

MOST = 1000
GARBAGE = {
    "not a protocol": b"\x16\x03\x01\x00\xff\r\n",
    "a number that is none": b"* 1 FETCH (UID x BODY[] {3}\r\nabc)\r\n{tag} OK done\r\n",
    "half a tuple": b"* 1 FETCH (UID 7 BODY[] {3}\r\nabc\r\n{tag} OK done\r\n",
    "an uneven tuple": b"* 1 FETCH (UID 7 BODY[])\r\n{tag} OK done\r\n",
    "no tuple": b"* 1 FETCH 7\r\n{tag} OK done\r\n",
    "a size that is no number": b"* 1 FETCH (UID 7 BODY[] {" + b"9" * 5000 + b"}\r\n",
    "nesting without end": b"* 1 FETCH " + b"(" * 5000 + b"\r\n{tag} OK done\r\n",
    "an open quote": b'* 1 FETCH (UID 7 BODY[] "abc)\r\n{tag} OK done\r\n',
    "a word where there is a name": b"* 1 FETCH ((1) 2)\r\n{tag} OK done\r\n",
    "somebody else's tag": b"ZZZZ1 OK done\r\nXYZ NO\r\n",
    "a line that ends otherwise": b"{tag} OK done\n",
    "an endless line": b"* OK " + b"z" * 1_100_000 + b"\r\n{tag} OK done\r\n",
    "lines without end": b"* 1 EXISTS\r\n" * 200_000 + b"{tag} OK done\r\n",
    "literals without end": b"* 1 FETCH (UID 7 X {900}\r\n" * 80_000,
    "not even ASCII": "Ä 1 FETCH (UID 7)\r\n".encode(),
    "nothing": b"\r\n",
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_is_called_so_and_ends_the_conversation(garbage: bytes) -> None:
    with ImapScript() as server:
        server.script("UID FETCH", garbage, CLOSE)
        with imap.open_mailbox(_route(server)) as mailbox:
            assert _later(lambda: mailbox.fetch(7, MOST)).reason == "garbled"
            assert not mailbox.alive
            assert _later(lambda: mailbox.fetch(7, MOST)).reason == "connection_lost"
    assert server.named("UID FETCH") == ["UID FETCH 7 (BODY.PEEK[])"]


def test_nothing_of_a_mail_over_the_limit_is_read() -> None:
    """Not even memory is taken: the server never sends a byte of what it announced."""
    with ImapScript() as server:
        server.script("UID FETCH", b"* 1 FETCH (UID 7 BODY[] {4000000000}\r\n", HANG)
        with imap.open_mailbox(_route(server)) as mailbox:
            tracemalloc.start()
            try:
                with pytest.raises(Undeliverable) as failure:
                    mailbox.fetch(7, MOST)
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
            assert (failure.value.reason, failure.value.detail) == ("message_too_large", "4000000000 > 1000")
            assert not mailbox.alive
    assert peak < 1_000_000


@pytest.mark.parametrize("command", ["SELECT", "UID SEARCH", "UID STORE", "UID MOVE"])
def test_a_mail_nobody_asked_for_is_garbage(command: str) -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        server.script(command, b"* 1 FETCH (UID 7 BODY[] {70000}\r\n", HANG)
        assert _later(lambda: CALLS[command](mailbox)).reason == "garbled"


def test_a_head_longer_than_asked_for_is_garbage() -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        server.script("UID FETCH", b"* 1 FETCH (UID 7 BODY[HEADER] {1001}\r\n", HANG)
        assert _later(lambda: mailbox.fetch_head(7, MOST)).reason == "garbled"


def test_a_mail_that_is_announced_and_does_not_come_is_given_up() -> None:
    with ImapScript() as server:
        server.script("UID FETCH", b"* 1 FETCH (UID 7 BODY[] {900}\r\nabc", HANG)
        with imap.open_mailbox(_route(server, timeout=0.2)) as mailbox:
            assert _later(lambda: mailbox.fetch(7, MOST)).reason == "timeout"


def test_a_mail_may_be_exactly_as_large_as_allowed() -> None:
    mail = b"x" * MOST
    with ImapScript() as server:
        server.script("UID FETCH", b"* 1 FETCH (UID 7 BODY[] {1000}\r\n" + mail + b")\r\n{tag} OK done\r\n")
        with imap.open_mailbox(_route(server)) as mailbox:
            assert mailbox.fetch(7, MOST) == mail


@pytest.mark.parametrize(
    ("said", "mail"), [(b'"a\\"b"', b'a"b'), (b'"123"', b"123"), (b'""', b""), (b"{0}\r\n", b"")]
)
def test_a_short_mail_may_come_in_quotes(said: bytes, mail: bytes) -> None:
    with ImapScript() as server:
        server.script("UID FETCH", b"* 1 FETCH (UID 7 BODY[] " + said + b")\r\n{tag} OK done\r\n")
        with imap.open_mailbox(_route(server)) as mailbox:
            assert mailbox.fetch(7, MOST) == mail


def test_a_server_that_sends_byte_by_byte_is_cut_off() -> None:
    over = Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        talker = Thread(target=_talk_without_end, args=(listener, over))
        talker.start()
        route = ImapRoute("127.0.0.1", listener.getsockname()[1], "none", timeout=0.1, data_timeout=0.0)
        steps = imap.check(route)
        over.set()
        talker.join(5)
    assert (steps[-1].name, steps[-1].word) == ("connection", "timeout")


def test_a_goodbye_in_the_middle_is_a_bad_moment() -> None:
    with ImapScript() as server:
        server.script("UID FETCH", b"* 1 FETCH (UID 7 BODY[] {3}\r\nabc", ")", "* BYE maintenance", CLOSE)
        with imap.open_mailbox(_route(server)) as mailbox:
            later = _later(lambda: mailbox.fetch(7, MOST))
    assert (later.reason, later.detail) == ("busy", "BYE maintenance")


@pytest.mark.parametrize("said", [b"", b"* 1 FETCH (UID 7 BODY[] {900}\r\nabc", b"* OK half a li"])
def test_a_line_that_ends_in_the_middle_is_a_lost_line(said: bytes) -> None:
    with ImapScript() as server:
        server.script("UID FETCH", said, CLOSE)
        with imap.open_mailbox(_route(server)) as mailbox:
            assert _later(lambda: mailbox.fetch(7, MOST)).reason == "connection_lost"


CALLS: dict[str, Callable[[Mailbox], Any]] = {
    "SELECT": lambda mailbox: mailbox.list_after(0),
    "UID SEARCH": lambda mailbox: mailbox.list_after(0),
    "UID FETCH": lambda mailbox: mailbox.list_after(0) and mailbox.fetch(7, MOST),
    "UID STORE": lambda mailbox: mailbox.mark_seen([7]),
    "UID MOVE": lambda mailbox: mailbox.move([7], "Erledigt"),
    "IDLE": lambda mailbox: mailbox.wait(5),
}
# What looks like the protocol gets further into the reading than pure noise.
PIECES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [b"* ", b"1 ", b"FETCH ", b"(", b")", b"UID 7 ", b"BODY[] ", b"{3}", b"{99999}", b"\r\n", b'"', b"\\"]
        + [b"SEARCH 7", b"NIL", b"{tag} ", b"OK ", b"NO ", b"BAD ", b"[UIDVALIDITY 1]", b"[READ-ONLY]", b"+ "]
        + [b"EXISTS", b"RFC822.SIZE 5 ", b'INTERNALDATE "99-Foo-0000 99:99:99 +9999" ', b"BYE ", b"FLAGS "]
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(CALLS)), st.lists(PIECES, max_size=25).map(b"".join))
def test_whatever_a_server_says_there_is_an_answer_or_a_word(command: str, said: bytes) -> None:
    with ImapScript() as server:
        server.script("SELECT", b"* 1 EXISTS\r\n* OK [UIDVALIDITY 42] kept\r\n{tag} OK done\r\n")
        server.script(command, said, CLOSE)
        large = Undeliverable if command == "UID FETCH" else RetryLater
        with suppress(RetryLater, large), imap.open_mailbox(_route(server)) as mailbox:
            CALLS[command](mailbox)


def _talk_without_end(listener: socket.socket, over: Event) -> None:
    """A greeting without end, each byte in time for the timeout of a single read."""
    connection, _address = listener.accept()
    with connection, suppress(OSError):
        while not over.wait(0.02):
            connection.sendall(b"*")


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
