"""Settings: all of them in the example file, and a wrong one is one readable line before anything starts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import config
from config import Settings, load_settings
from tests.architecture.source import ROOT, Module, calls, module, modules

pytestmark = pytest.mark.sqlite_only
# Variables of the example file that are no field of Settings: read by deploy.sh, gunicorn, or as another name.
BESIDE = {"PORT", "WEB_CONCURRENCY", "SMTP_USE_TLS"}
BESIDE |= {"SIMULATED_MICROSOFT_PORT", "SIMULATED_MICROSOFT_PAGES_PORT"}
# Modules that read the environment themselves.
READERS = {"app.core.fault": "decides at import time, and refuses in production"}
FERNET = "x" * 43 + "="
SECRET = "hunter2-hunter2"

WRONG = [
    ("FLASK_ENV", "staging"),
    ("ENCRYPTION_KEYS", SECRET),
    ("DATABASE_URL", "oracle://scott@localhost/tiger"),
    ("DATABASE_URL", "nonsense"),
    ("SITE_URL", "help.example.com"),
    ("SITE_URL", "ftp://help.example.com"),
    ("SITE_URL", "https://help.example.com/?x=1"),
    ("DEFAULT_LOCALE", "fr"),
    ("DEFAULT_TIME_ZONE", "Europe/Bielefeld"),
    ("MICROSOFT_TENANT_ID", "contoso"),
    ("MICROSOFT_AUTHORITY", "http://login.example.com"),
    ("GRAPH_BASE_URL", "graph"),
    ("IMAP_PORT", "imap"),
    ("IMAP_PORT", "0"),
    ("IMAP_ENABLED", "perhaps"),
    ("IMAP_HOST", "imap.example.com/inbox"),
    ("SMTP_HOST", "smtp example"),
    ("SMTP_PORT", "70000"),
    ("SMTP_TLS", "yes"),
    ("DEFAULT_FROM_EMAIL", "helpdesk"),
    ("TRUSTED_PROXIES", "-1"),
    ("WEB_THREADS", "0"),
    ("RATE_LIMITS", "sometimes"),
    ("LOG_LEVEL", "LOUD"),
    ("MAX_REQUEST_MB", "0"),
    ("SCHEDULE_SLA", "now and then"),
    ("SCHEDULE_FILES", "61 * * * *"),
    ("SCHEDULE_FILES", "0 0 30 2 *"),
]
PRODUCTION = {
    "FLASK_ENV": "production",
    "SECRET_KEY": "kX2-9sLqP0wZ7vN4tB8yR5mJ1cG6hD3f",
    "ENCRYPTION_KEYS": FERNET,
}
WRONG_IN_PRODUCTION = [
    ("SECRET_KEY", ""),
    ("SECRET_KEY", "changeme"),
    ("SECRET_KEY", "short-key-of-31-characters-abc"),
    ("SECRET_KEY", "a" * 64),
    ("ENCRYPTION_KEYS", ""),
    ("RATE_LIMITS", "off"),
    ("MICROSOFT_AUTHORITY", "https://127.0.0.1:8443"),
]


def listed(text: str) -> dict[str, str]:
    """Variables of an example file with their values."""
    return dict(re.findall(r"^#?([A-Z][A-Z0-9_]*)=(.*)$", text, re.MULTILINE))


def unlisted(text: str) -> set[str]:
    """Settings that the example file does not tell."""
    return {name.upper() for name in Settings.model_fields} - set(listed(text))


def unknown(text: str) -> set[str]:
    """Variables of the example file that nothing reads."""
    return set(listed(text)) - {name.upper() for name in Settings.model_fields} - BESIDE


def uncommented(text: str) -> set[str]:
    """Variables that no sentence explains: one stands above each group of lines."""
    found, explained = set(), False
    for line in text.splitlines():
        if re.match(r"#?[A-Z][A-Z0-9_]*=", line):
            found |= set() if explained else {line.lstrip("#").split("=")[0]}
        else:
            explained = bool(re.match(r"#(?! ---)\s*\S.{8,}", line)) or (explained and line.startswith("#"))
    return found


def readers(found: list[Module]) -> Iterator[str]:
    """Code that reads the environment past the settings."""
    for one in found:
        if one.name in READERS:
            continue
        names = [called for called, _call in calls(one.tree)]
        if re.search(r"\bos\.environ\b", one.text) or "os.getenv" in names:
            yield one.path


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment without any setting, and no .env of the developer's."""
    for name in list(os.environ):
        if name.removesuffix("_FILE").lower() in Settings.model_fields or name in BESIDE:
            monkeypatch.delenv(name)
    monkeypatch.setattr(config, "load_dotenv", lambda *_: False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    return monkeypatch


def example() -> str:
    return (ROOT / ".env.example").read_text(encoding="utf-8")


def test_the_example_file_tells_every_setting() -> None:
    assert unlisted(example()) == set()


def test_the_example_file_tells_nothing_else() -> None:
    assert unknown(example()) == set()


def test_every_setting_of_the_example_file_is_explained() -> None:
    assert uncommented(example()) == set()


def test_a_missing_a_needless_and_an_unexplained_line_are_found() -> None:
    text = example() + "\n\n#COFFEE_STRENGTH=strong\n"
    assert unknown(text) == {"COFFEE_STRENGTH"}
    assert "COFFEE_STRENGTH" in uncommented(text)
    assert "SMTP_HOST" in unlisted(re.sub(r"#SMTP_HOST=.*", "", text))


def test_what_the_example_file_shows_can_be_used(environment: pytest.MonkeyPatch) -> None:
    for name, value in listed(example()).items():
        environment.setenv(name, value)
    assert load_settings().flask_env == "development"


def test_only_the_settings_read_the_environment() -> None:
    assert list(readers(modules())) == []


def test_code_that_reads_the_environment_is_found() -> None:
    assert list(readers([module("app.planted", "import os\nx = os.environ['X']\n")]))
    assert list(readers([module("app.planted", "import os\nx = os.getenv('X')\n")]))


def refusal(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line the process ends with."""
    with pytest.raises(SystemExit) as ended:
        load_settings()
    assert ended.value.code not in (0, None)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_one_line_that_names_the_variable(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    environment.setenv(name, value)
    line = refusal(capsys)
    assert re.match(rf"helpdesk: {name}\b", line), line
    assert SECRET not in line


@pytest.mark.parametrize(("name", "value"), WRONG_IN_PRODUCTION)
def test_production_refuses_what_is_weak(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    for key, good in PRODUCTION.items():
        environment.setenv(key, good)
    assert load_settings().flask_env == "production"
    environment.setenv(name, value)
    line = refusal(capsys)
    assert name in line
    assert not value or value in ("off", "changeme") or value not in line


def test_a_secret_may_stand_in_a_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from-a-file\n", encoding="utf-8")
    environment.setenv("SMTP_PASSWORD_FILE", str(tmp_path / "password"))
    assert load_settings().smtp_password.get_secret_value() == "from-a-file"


def test_a_file_that_is_not_there_is_one_line(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("SMTP_PASSWORD_FILE", "/nowhere/password")
    assert "SMTP_PASSWORD_FILE" in refusal(capsys)


def test_a_process_with_a_wrong_setting_does_not_start(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "deploy"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "SMTP_PORT": "mail"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert re.fullmatch(r"helpdesk: SMTP_PORT\b.*\n", done.stderr), done.stderr[-2000:]
