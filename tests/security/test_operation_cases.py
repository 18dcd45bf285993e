"""Abuse cases of operating the house: weak keys (A54), debugging aids (A55), foreign hosts (A58), caches (A64)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from itsdangerous import BadSignature

from app.accounts import tokens
from app.accounts.words import TokenPurpose
from app.core import ready
from app.web.kit import page
from config import load_settings
from tests.conftest import settings
from tests.support.world import World

PROJECT = Path(__file__).resolve().parents[2]
GOOD_KEY = "b7Qz1k-Vd0m_9sJ4xPwE2rT6yU8iO3aLcNfHgXeB"
FERNET = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
GIVES_AWAY = re.compile(
    r"Traceback|File \"|/app/core/|site-packages|SELECT |sqlite3|werkzeug\.|jinja2", re.IGNORECASE
)


def start(tmp_path: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Start a production process with these variables and nothing else."""
    environment = {
        "PATH": os.environ["PATH"],
        "FLASK_ENV": "production",
        "ENCRYPTION_KEYS": FERNET,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'x.db'}",
        "DATA_DIR": str(tmp_path),
        "SITE_URL": "https://help.firma.example",
    } | more
    command = [sys.executable, "-c", "from app import create_app; create_app()"]
    return subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


# A54


def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **more: str) -> str:
    """What a production process says when it does not start with these variables; empty when it does."""
    given = {
        "FLASK_ENV": "production",
        "SECRET_KEY": GOOD_KEY,
        "ENCRYPTION_KEYS": FERNET,
        "DATABASE_URL": "sqlite://",
    }
    for name, value in (given | more).items():
        monkeypatch.setenv(name, value)
    try:
        load_settings()
    except SystemExit as end:
        assert end.code not in (0, None)
        return str(capsys.readouterr().err)
    return ""


@pytest.mark.parametrize("key", ["", "dev", "changeme", "12345678", "a" * 64, "secret", "x1x1x1x1" * 4])
def test_a54_production_refuses_a_weak_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    said = refused(monkeypatch, capsys, SECRET_KEY=key)
    assert "SECRET_KEY" in said and len(said.strip().splitlines()) == 1 and (not key or key not in said)


@pytest.mark.parametrize(
    ("name", "value"),
    [("ENCRYPTION_KEYS", ""), ("ENCRYPTION_KEYS", "short"), ("RATE_LIMITS", "off"), ("SMTP_PORT", "99999"),
     ("SITE_URL", "help.firma.example"), ("SCHEDULE_SLA", "often"), ("TICKETS_UNDO_SECONDS", "-1"),
     ("DATABASE_URL", "mongodb://x"), ("SECRET_KEY_FILE", "/no/such/file")],
)  # fmt: skip
def test_a54_a_wrong_setting_is_one_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    said = refused(monkeypatch, capsys, **{name: value})
    assert name in said and len(said.strip().splitlines()) == 1


def test_a54_production_starts_with_a_good_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(monkeypatch, capsys) == ""


@pytest.mark.sqlite_only
def test_a54_the_process_itself_ends_with_that_line(tmp_path: Path) -> None:
    weak = start(tmp_path, SECRET_KEY="changeme")
    assert weak.returncode != 0 and "Traceback" not in weak.stderr
    assert "SECRET_KEY" in weak.stderr and len(weak.stderr.strip().splitlines()) == 1
    planted = start(tmp_path, SECRET_KEY=GOOD_KEY, HD_FAULT="relay.spread:kill9")
    assert planted.returncode != 0 and "HD_FAULT" in planted.stderr
    file = tmp_path / "key"
    file.write_text(GOOD_KEY + "\n", encoding="utf-8")
    good = start(tmp_path, SECRET_KEY_FILE=str(file))
    assert (good.returncode, good.stderr) == (0, "")


def test_a54_no_word_of_a_list_opens_a_session(world: World) -> None:
    browser = world.browser(world.admin())
    cookie = browser.client.get_cookie("helpdesk")
    assert cookie is not None
    words = ["", "dev", "secret", "changeme", "password", "helpdesk", "only-for-development", "flask", "test"]
    for word in words:
        stranger = Flask("stranger")
        stranger.secret_key = word or "-"
        serializer = stranger.session_interface.get_signing_serializer(stranger)  # type: ignore[attr-defined]
        with pytest.raises(BadSignature):
            serializer.loads(cookie.value)


def test_a54_an_earlier_key_still_opens_sessions(world: World, house: Flask, monkeypatch: Any) -> None:
    admin = world.admin()
    browser = world.browser(admin)
    old = house.config["SECRET_KEY"]
    monkeypatch.setitem(house.config, "SECRET_KEY", "the-key-after-it-was-changed-0123456789")
    assert browser.get("/admin/health").status_code == 303
    monkeypatch.setitem(house.config, "SECRET_KEY_FALLBACKS", [old])
    assert world.browser(admin).get("/admin/health").status_code == 200


# A55


@pytest.mark.parametrize(
    "path",
    ["/console", "/?__debugger__=yes&cmd=resource&f=debugger.js", "/.git/config", "/.env", "/metrics", "/openapi.json",
     "/admin/.env", "/static/../config.py", "/static/%2e%2e/config.py", "/config.py", "/instance/helpdesk.db",
     "/server-status", "/_debug_toolbar", "/health/../metrics"],
)  # fmt: skip
def test_a55_there_is_no_debugger_and_no_file_of_ours(world: World, path: str) -> None:
    for browser in (world.browser(), world.browser(world.agent())):
        answer = browser.get(path)
        text = answer.get_data(as_text=True)
        assert answer.status_code in (303, 404), path
        assert not GIVES_AWAY.search(text) and "debugger" not in text.lower()


def test_a55_trace_and_odd_methods_are_refused(world: World) -> None:
    for method in ("TRACE", "TRACK", "CONNECT", "PROPFIND"):
        answer = world.browser().client.open("/health/live", method=method, headers={"X-Secret": "hunter2"})
        assert answer.status_code in (400, 405, 501)
        assert "hunter2" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("how", ["page", "fragment", "json"])
def test_a55_a_bug_shows_a_reference_and_nothing_else(
    world: World, house: Flask, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    def broken() -> str:
        raise RuntimeError("SELECT secret FROM person -- /app/core/db.py")

    monkeypatch.setitem(house.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr(ready, "database", broken)
    headers = {"fragment": {"HX-Request": "true"}, "json": {"Accept": "application/json"}}.get(how, {})
    browser = world.browser(world.admin())
    answer = browser.get("/admin/health" if how != "json" else "/health", headers=headers)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 500 and not GIVES_AWAY.search(text)
    assert answer.headers["X-Request-ID"] in text


# A58


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "localhost:80@evil.example", "[::1", "a b"]
)
def test_a58_a_foreign_host_is_refused(world: World, host: str) -> None:
    for path in ("/auth/login", "/health/live", "/admin/health", "/static/x"):
        answer = world.browser().client.get(path, headers={"Host": host})
        assert answer.status_code == 400
        assert "evil" not in answer.get_data(as_text=True)
        assert "evil" not in str(answer.headers)


def test_a58_forwarded_hosts_are_not_believed(world: World) -> None:
    headers = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Host": "evil.example"}
    answer = world.browser().client.get("/admin/health", headers=headers)
    assert answer.status_code == 303 and "evil" not in answer.headers["Location"]
    assert "evil" not in world.browser().client.get("/auth/login", headers=headers).get_data(as_text=True)


def test_a58_links_are_made_from_site_url_alone(world: World) -> None:
    person = world.customer()
    browser = world.browser()
    browser.get("/auth/password/forgot")
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher"}
    browser.post("/auth/password/forgot", {"email": person.email}, headers=headers)
    link = tokens.open_link_of(person.id, TokenPurpose.RESET)
    assert link is not None and link.startswith("http://localhost/auth/password/reset/")


def test_a58_the_host_of_site_url_is_the_only_one_by_default(tmp_path: Path) -> None:
    given = settings("sqlite://", tmp_path) | {"site_url": "https://help.firma.example"}
    assert load_settings(**given | {"flask_env": "testing"}).hosts[0] == "help.firma.example"
    strict = given | {
        "flask_env": "production", "secret_key": GOOD_KEY, "encryption_keys": FERNET, "rate_limits": "on"
    }  # fmt: skip
    assert load_settings(**strict).hosts == ["help.firma.example"]
    assert load_settings(**strict, allowed_hosts="a.example, b.example").hosts == ["a.example", "b.example"]


# A64

PAGES = [
    "/admin/health",
    "/admin/audit",
    "/portal",
    "/people",
    "/auth/profile",
    "/auth/login",
    "/health",
    "/nowhere",
]


@pytest.mark.parametrize("path", PAGES)
def test_a64_no_answer_is_kept_by_a_cache(world: World, path: str) -> None:
    for browser in (world.browser(), world.browser(world.admin()), world.browser(world.customer())):
        answer = browser.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert {"cookie", "hx-request"} <= {name.lower() for name in answer.vary}


@pytest.mark.parametrize(
    "path", ["/admin/health/x.css", "/admin/audit.css", "/portal/x.js", "/auth/profile/x.png", "/people/1/x.css",
             "/admin/settings/site/x.css", "/health/x.css"],
)  # fmt: skip
def test_a64_an_unknown_suffix_is_no_other_name_of_a_page(world: World, path: str) -> None:
    answer = world.browser(world.admin()).get(path)
    assert answer.status_code == 404 and answer.headers["Cache-Control"] == "no-store"
    stranger = world.browser().get(path)
    assert stranger.status_code in (303, 404) and stranger.headers["Cache-Control"] == "no-store"


def test_a64_a_stranger_behind_the_same_cache_gets_the_sign_in(world: World) -> None:
    assert world.browser(world.admin()).get("/admin/audit").status_code == 200
    answer = world.browser().get("/admin/audit")
    assert answer.status_code == 303 and "/auth/login" in answer.headers["Location"]


def test_a64_files_of_the_browser_may_be_kept(world: World, house: Flask) -> None:
    with house.test_request_context():
        path = page.assets.url("app.css")
    answer = world.browser().get(path)
    assert "immutable" in answer.headers["Cache-Control"] and "Set-Cookie" not in answer.headers
