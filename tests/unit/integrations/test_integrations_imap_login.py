"""Logging in to a mailbox: one try, the right way, and no secret in any text."""

from __future__ import annotations

import base64
import traceback
from typing import Any

import pytest

from app.integrations import imap
from app.integrations.imap import ImapRoute, Step
from app.integrations.outcome import RetryLater
from tests.support.imap_script import CLOSE, ImapScript

TOKEN = "ya29.a0AfB_byC-tok~en"


def test_a_password_goes_out_in_utf8() -> None:
    with ImapScript() as server:
        assert _login(server, username="büro", password='paß"wort\\').word == "ok"
    assert server.logins == ['\0büro\0paß"wort\\'.encode()]
    assert server.named("LOGIN") == []


def test_a_server_that_knows_only_the_old_way_is_served() -> None:
    with ImapScript(offers="") as server:
        assert _login(server, username='a "b" c', password='x"y\\z').word == "ok"
    assert server.named("LOGIN") == [r'LOGIN "a \"b\" c" "x\"y\\z"']


@pytest.mark.parametrize("password", ["paßwort", "x\r\nX DELETE INBOX"])
def test_the_old_way_carries_plain_text_only(password: str) -> None:
    with ImapScript(offers="") as server:
        assert _login(server, password=password).word == "login_not_offered"
    assert [line for line in server.commands if line.startswith(("LOGIN", "X", "DELETE"))] == []


def test_a_server_that_lets_nobody_in_without_tls_waits_for_the_admin() -> None:
    with ImapScript(offers="LOGINDISABLED AUTH=GSSAPI") as server:
        step = _login(server)
    assert step == Step("login", False, "login_not_offered", "LOGINDISABLED AUTH=GSSAPI")


def test_a_refused_password_is_not_tried_twice_nor_repeated() -> None:
    with ImapScript() as server:
        said = _coded("geheim123"), _coded("\0u\0geheim123"), "geheim123"
        server.script("AUTHENTICATE PLAIN", f"{{tag}} NO [AUTHENTICATIONFAILED] {' '.join(said)}")
        step = _login(server, password="geheim123")
    assert step == Step("login", False, "login_refused", "NO [AUTHENTICATIONFAILED] … … …")
    assert len(server.logins) == 1
    assert server.named("LOGIN") == []


def test_a_server_that_asks_for_the_password_again_does_not_get_it() -> None:
    with ImapScript() as server:
        server.script("AUTHENTICATE PLAIN", "+ again", "+ again", "{tag} NO no")
        assert _login(server).word == "login_refused"
    assert server.logins == [b"\0u\0p", b"", b""]


@pytest.mark.parametrize("code", ["UNAVAILABLE", "INUSE", "LIMIT"])
def test_a_login_refused_for_the_moment_is_only_a_bad_moment(code: str) -> None:
    with ImapScript() as server:
        server.script("AUTHENTICATE PLAIN", f"{{tag}} NO [{code}] later")
        assert _login(server).word == "busy"


def test_a_line_that_ends_in_the_middle_says_nothing_about_the_password() -> None:
    with ImapScript() as server:
        server.script("AUTHENTICATE PLAIN", CLOSE)
        assert _login(server).word == "connection_lost"


def test_a_token_is_shown_in_place_of_a_password() -> None:
    with ImapScript() as server:
        assert _login(server, username="hilfe@firma.example", password="p", access_token=TOKEN).word == "ok"
    assert server.logins == [f"user=hilfe@firma.example\1auth=Bearer {TOKEN}\1\1".encode()]


def test_a_refused_token_is_explained_and_not_shown_twice() -> None:
    with ImapScript() as server:
        shown = _coded(f"user=u\1auth=Bearer {TOKEN}\1\1")
        server.script("AUTHENTICATE XOAUTH2", f"+ {_coded('status 401')}", f"{{tag}} NO {shown} {TOKEN}")
        step = _login(server, access_token=TOKEN)
    assert step == Step("login", False, "login_refused", "NO … …")
    assert server.logins[1:] == [b""]


def test_a_server_that_takes_no_tokens_waits_for_the_admin() -> None:
    with ImapScript(offers="AUTH=PLAIN") as server:
        assert _login(server, access_token=TOKEN).word == "login_not_offered"
    assert server.logins == []


def test_a_server_that_knows_us_already_is_not_told_the_password() -> None:
    with ImapScript(greeting=("* PREAUTH welcome",)) as server:
        assert _login(server).word == "ok"
    assert server.logins == []


def test_no_secret_is_in_a_representation_of_the_route() -> None:
    shown = repr(ImapRoute("h", username="u", password="geheim", access_token=TOKEN))
    assert "geheim" not in shown and TOKEN not in shown


def test_a_failure_shows_no_secret_in_a_log() -> None:
    with ImapScript() as server:
        server.script("AUTHENTICATE PLAIN", "{tag} NO geheim is wrong")
        route = ImapRoute("127.0.0.1", server.port, "none", "u", "geheim")
        with pytest.raises(RetryLater) as later, imap.open_mailbox(route):
            pass
    assert "geheim" not in "".join(traceback.format_exception(later.value))


def _login(server: ImapScript, **changes: Any) -> Step:
    plain = {"host": "127.0.0.1", "port": server.port, "tls": "none", "username": "u", "password": "p"}
    steps = imap.check(ImapRoute(**{**plain, "timeout": 5.0, **changes}))
    return next(step for step in steps if step.name == "login")


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
