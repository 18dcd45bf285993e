"""Log lines: one JSON object each, secrets blanked, nothing a stranger sends can start a line of its own."""

from __future__ import annotations

import json
import logging
import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from app.core import log


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Path]:
    """A log file in place of the tests' own logging."""
    root = logging.getLogger()
    level, handlers, known = root.level, root.handlers[:], structlog.get_config()
    file = tmp_path / "helpdesk.log"
    log.configure("INFO", str(file))
    yield file
    for handler in root.handlers[:]:
        if handler not in handlers:
            root.removeHandler(handler)
            handler.close()
    for handler in handlers:
        if handler not in root.handlers:
            root.addHandler(handler)
    root.setLevel(level)
    structlog.configure(**known)


def written(file: Path) -> list[dict[str, object]]:
    """Every line of the file, read as a log reader would."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_every_line_is_json_with_time_level_and_request_id(lines: Path) -> None:
    with structlog.contextvars.bound_contextvars(request_id="abc12345"):
        log.get("house").info("ticket_opened", ticket=42)
        logging.getLogger("library").warning("slow %s", "query")
    ours, theirs = written(lines)
    assert ours["event"] == "ticket_opened" and ours["ticket"] == 42 and ours["level"] == "info"
    assert theirs["event"] == "slow query" and theirs["logger"] == "library"
    assert ours["request_id"] == theirs["request_id"] == "abc12345"
    assert str(ours["timestamp"]).endswith("Z")


@pytest.mark.parametrize(
    "end", ["\n", "\r\n", "\x00", "\x1b[2J", "\x85", "\u2028", "\u2029", "\u202e", "\x7f"]
)
def test_nothing_that_is_sent_starts_a_line_of_its_own(lines: Path, end: str) -> None:
    forged = f'Mozilla{end}{{"event": "admin_signed_in", "level": "info"}}'
    log.get("access").info("request", agent=forged, path=f"/x{end}y")
    logging.getLogger("library").error("bad header %s", forged)
    found = written(lines)
    assert [line["event"] for line in found] == ["request", f"bad header {forged}"]
    assert found[0]["agent"] == forged
    assert end not in lines.read_text(encoding="utf-8").replace("\n", "", 2) or end == "\n"


@pytest.mark.parametrize(
    "name", ["password", "new_password", "smtp_password", "csrf_token", "Authorization", "Set-Cookie", "api_key",
             "teams_webhook_url", "SENTRY_DSN", "client_secret", "encryption_keys"],
)  # fmt: skip
def test_secrets_are_blanked_by_their_name(lines: Path, name: str) -> None:
    log.get("house").info("changed", **{name: "hunter2-hunter2"}, inner={name: ["hunter2-hunter2"]})
    text = lines.read_text(encoding="utf-8")
    assert "hunter2" not in text
    assert written(lines)[0][name] == "***"


@pytest.mark.parametrize(
    "text",
    [
        "mysql+pymysql://helpdesk:hunter2-hunter2@localhost/helpdesk is away",
        "sent Authorization: Bearer hunter2-hunter2.abc",
        "refused password=hunter2-hunter2 for mia",
        "GET /api/v1/hd_4f1c0e9ab2d3_hunter2-hunter2-hunter2-hunter2-hunter2-hun was not found",
        "GET /x%22hd_4f1c0e9ab2d3_hunter2-hunter2-hunter2-hunter2-hunter2-hun and key_hd_4f1c0e9ab2d3_hunter2-hunter2",
        '{"token": "hunter2-hunter2"}',
        "/auth/password/reset/hunter2-hunter2-hunter2-hunter2-hunter2-abcde",
        "/rate/42~1799999999~hunter2-hunter2-hunter2-hunter2-abc",
    ],
)
def test_secrets_are_blanked_by_their_look(lines: Path, text: str) -> None:
    log.get("house").info("said", text=text)
    logging.getLogger("library").warning(text)
    try:
        raise ValueError(text)
    except ValueError:
        log.get("house").exception("failed")
    assert "hunter2" not in lines.read_text(encoding="utf-8")
    assert len(written(lines)) == 3


def test_what_is_no_secret_stays(lines: Path) -> None:
    log.get("house").info("read", path="/tickets/TICKET-000042", umlaut="Grüße 😀", tokens=None, n=3)
    (line,) = written(lines)
    assert line["path"] == "/tickets/TICKET-000042" and line["umlaut"] == "Grüße 😀" and line["n"] == 3
    assert "Grüße 😀" in lines.read_text(encoding="utf-8")


def test_a_full_file_is_turned_over_and_other_processes_follow(tmp_path: Path) -> None:
    file = tmp_path / "shared.log"
    one = log.SharedLogFile(file, maxBytes=2000, backupCount=3, encoding="utf-8")
    two = log.SharedLogFile(file, maxBytes=2000, backupCount=3, encoding="utf-8")
    for number in range(60):
        for writer in (one, two):
            writer.emit(logging.makeLogRecord({"msg": f"line {number:03d} " + "x" * 40}))
    one.close()
    two.close()
    kept = sorted(tmp_path.glob("shared.log*"))
    assert len([path for path in kept if path.suffix != ".lock"]) == 4
    assert all(path.stat().st_size < 2200 for path in kept)
    newest = file.read_text(encoding="utf-8").splitlines()[-1]
    assert newest.startswith("line 059")


def _write_many(file: str, name: str) -> None:
    writer = log.SharedLogFile(file, maxBytes=20_000, backupCount=50, encoding="utf-8")
    for number in range(500):
        writer.emit(logging.makeLogRecord({"msg": f"{name} {number:04d} {'x' * 30}"}))
    writer.close()


def test_no_line_is_lost_when_processes_write_at_once(tmp_path: Path) -> None:
    file = tmp_path / "busy.log"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(str(file), name)) for name in ("a", "b")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
    lines = [
        line
        for path in tmp_path.glob("busy.log*")
        if path.suffix != ".lock"
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert len(lines) == len(set(lines)) == 1000
