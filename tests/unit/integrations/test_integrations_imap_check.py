"""The admin's test button for a mailbox: what works, and the first thing that does not (F22)."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest

from app.core.uow import UnitError
from app.integrations import imap
from app.integrations.imap import ImapRoute, Step
from tests.support.imap_script import HANG, ImapScript

Contexts = Callable[..., ssl.SSLContext]
ALL = ["name", "connection", "encryption", "login", "folder"]


@pytest.mark.parametrize("tls", ["implicit", "starttls", "none"])
def test_everything_in_order(tls: Any, ca_file: str, server_context: Contexts) -> None:
    with ImapScript(tls=tls, context=server_context("localhost")) as server:
        steps = imap.check(_route(server, tls=tls, ca_file=ca_file), ["Erledigt"])
    assert [(step.name, step.word) for step in steps] == [(name, "ok") for name in [*ALL, "folder"]]
    assert server.commands[-3:] == ['SELECT "INBOX"', 'STATUS "Erledigt" (UIDVALIDITY)', "LOGOUT"]


def test_a_name_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args: Any, **_options: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert imap.check(ImapRoute("imap.help.example")) == [
        Step("name", False, "name_not_found", "imap.help.example")
    ]


@pytest.mark.parametrize("host", ["169.254.169.254", "0.0.0.1", "224.0.0.1"])
def test_a_mailbox_is_never_at_a_metadata_service(host: str) -> None:
    assert _last(ImapRoute(host, 143, "none")) == ("name", "address_not_allowed")


def test_private_mail_servers_can_be_forbidden() -> None:
    with ImapScript() as server:
        assert _last(_route(server, allow_private=False)) == ("name", "address_not_allowed")
        assert server.connections == 0


def test_a_closed_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert _last(ImapRoute("127.0.0.1", port, "none")) == ("connection", "connection_refused")


def test_a_server_that_never_greets() -> None:
    with ImapScript(greeting=(HANG,)) as server:
        assert _last(_route(server, timeout=0.2)) == ("connection", "timeout")


@pytest.mark.parametrize(
    "greeting",
    [
        "220 mail.example ESMTP",
        "+OK POP3 ready",
        "SSH-2.0-OpenSSH_9.2",
        "* NO thanks",
        "\0\0\xff\xfe",
        "* OK",
        "",
    ],
)
def test_a_server_that_speaks_something_else(greeting: str) -> None:
    with ImapScript(greeting=(greeting,)) as server:
        server.script("CAPABILITY", "* CAPABILITY SOMETHING", "{tag} OK done")
        assert _last(_route(server)) == ("connection", "not_a_mail_server")


def test_a_server_that_sends_us_away_is_busy() -> None:
    with ImapScript(greeting=("* BYE too many connections",)) as server:
        step = imap.check(_route(server))[-1]
    assert (step.name, step.word, step.detail) == ("connection", "busy", "BYE too many connections")


def test_a_server_that_tells_nothing_of_itself_is_none() -> None:
    with ImapScript() as server:
        server.script("CAPABILITY", "{tag} NO go away")
        assert _last(_route(server)) == ("connection", "server_refused")


def test_a_missing_starttls_is_never_made_up_for_by_plain_text() -> None:
    with ImapScript() as server:
        assert _last(_route(server, tls="starttls")) == ("encryption", "starttls_missing")
        assert server.logins == []


def test_a_greeting_that_leaves_no_room_for_starttls_is_refused(server_context: Contexts) -> None:
    greeting = "* PREAUTH welcome"
    with ImapScript(tls="starttls", context=server_context("localhost"), greeting=(greeting,)) as server:
        assert _last(_route(server, tls="starttls")) == ("encryption", "starttls_missing")


def test_a_refused_starttls_ends_the_conversation() -> None:
    with ImapScript(offers="STARTTLS AUTH=PLAIN") as server:
        server.script("STARTTLS", "{tag} NO not today")
        assert _last(_route(server, tls="starttls")) == ("encryption", "starttls_refused")
        assert server.logins == []


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_for_another_name(tls: Any, ca_file: str, server_context: Contexts) -> None:
    with ImapScript(tls=tls, context=server_context("other.example")) as server:
        assert _last(_route(server, tls=tls, ca_file=ca_file)) == ("encryption", "certificate")
        assert server.logins == []


def test_a_certificate_of_an_unknown_authority(server_context: Contexts) -> None:
    with ImapScript(tls="implicit", context=server_context("localhost")) as server:
        assert _last(_route(server, tls="implicit")) == ("encryption", "certificate")


def test_plain_words_where_tls_is_expected(ca_file: str) -> None:
    with ImapScript() as server:
        assert _last(_route(server, tls="implicit", ca_file=ca_file)) == ("encryption", "tls_failed")


def test_a_port_that_accepts_and_never_speaks_tls(ca_file: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        route = ImapRoute("127.0.0.1", silent.getsockname()[1], timeout=0.2, ca_file=ca_file)
        assert _last(route) == ("encryption", "timeout")


def test_what_was_said_before_tls_is_forgotten(ca_file: str, server_context: Contexts) -> None:
    """Somebody on the line appends an answer to STARTTLS, so that it seems to have come under TLS."""
    with ImapScript(tls="starttls", context=server_context("localhost")) as server:
        server.script("STARTTLS", b"{tag} OK go\r\n* BYE and thanks for the password\r\n")
        assert _last(_route(server, tls="starttls", ca_file=ca_file)) == ("folder", "ok")


def test_a_folder_that_is_not_there() -> None:
    with ImapScript() as server:
        server.script("SELECT", "{tag} NO [NONEXISTENT] no such mailbox")
        step = imap.check(_route(server, folder="Weg"))[-1]
    assert (step.name, step.word) == ("folder", "folder_missing")
    assert step.detail == "NO [NONEXISTENT] no such mailbox"


def test_a_folder_that_may_only_be_read() -> None:
    with ImapScript() as server:
        server.script("SELECT", "* 1 EXISTS", "* OK [UIDVALIDITY 1] kept", "{tag} OK [READ-ONLY] look")
        assert _last(_route(server)) == ("folder", "folder_read_only")


def test_a_folder_whose_numbers_are_not_kept() -> None:
    with ImapScript() as server:
        server.script("SELECT", "* 1 EXISTS", "{tag} OK selected")
        assert _last(_route(server)) == ("folder", "no_uidvalidity")


@pytest.mark.parametrize(
    "folder", ["INBOX\r\nX DELETE INBOX", "a\nb", "a\0b", "\x7f", "\ud800", "", "x" * 256]
)
def test_a23_a_folder_name_cannot_carry_a_command(folder: str) -> None:
    assert not imap.fit_folder(folder)
    with ImapScript() as server:
        assert _last(_route(server, folder=folder)) == ("folder", "bad_folder")
        assert imap.check(_route(server), [folder])[-1].word == "bad_folder"
        assert server.named("DELETE") == []
        assert len(server.named("SELECT")) == 1


@pytest.mark.parametrize(
    ("folder", "sent"),
    [
        ("Über uns", '"&ANw-ber uns"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("50% & mehr *", '"50% &- mehr *"'),
        ("台北", '"&U,BTFw-"'),
    ],
)
def test_a_folder_name_is_quoted_and_encoded(folder: str, sent: str) -> None:
    with ImapScript() as server:
        assert _last(_route(server, folder=folder)) == ("folder", "ok")
        assert server.named("SELECT") == [f"SELECT {sent}"]


def test_nobody_tries_a_mailbox_inside_a_unit(inside_a_unit: Callable[[], Any]) -> None:
    route = ImapRoute("127.0.0.1")
    with inside_a_unit(), pytest.raises(UnitError):
        imap.check(route)
    with inside_a_unit(), pytest.raises(UnitError), imap.open_mailbox(route):
        pass


def test_nobody_talks_to_an_open_mailbox_inside_a_unit(inside_a_unit: Callable[[], Any]) -> None:
    with ImapScript() as server, imap.open_mailbox(_route(server)) as mailbox:
        for call in (
            lambda: mailbox.list_after(0),
            lambda: mailbox.fetch(7, 100),
            lambda: mailbox.mark_seen([7]),
            lambda: mailbox.move([7], "Erledigt"),
            lambda: mailbox.wait(1),
        ):
            with inside_a_unit(), pytest.raises(UnitError):
                call()


def _route(server: ImapScript, **changes: Any) -> ImapRoute:
    plain = {"host": "localhost", "port": server.port, "tls": "none", "username": "u", "password": "p"}
    return ImapRoute(**{**plain, "timeout": 5.0, **changes})


def _last(route: ImapRoute) -> tuple[str, str]:
    step = imap.check(route)[-1]
    return step.name, step.word
