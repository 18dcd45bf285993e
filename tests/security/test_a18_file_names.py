"""A18: a file's name is only ever shown; it is no path, no header line and hides nothing."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.text import UNSEEN
from app.tickets.models import Attachment

pytestmark = pytest.mark.sqlite_only
NAMES = [
    "../../etc/passwd",
    "/etc/passwd",
    "..\\..\\windows\\system32\\drivers\\etc\\hosts",
    "C:\\autoexec.bat",
    "a\0.pdf",
    "zwei\r\nSet-Cookie: x=1\r\n.txt",
    'anf"uehrung".txt',
    "rechnung\u202egnp.exe",
    "\u200b.htaccess",
    ".htaccess",
    "CON",
    "nul.txt",
    "x" * 400 + ".pdf",
    "-rf",
    "测试.pdf",
    "ünïcödé «1».txt",
    "%2e%2e%2fetc%2fpasswd",
    "a;b=c.txt",
    "   ",
    "...",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_cleaned_and_leads_nowhere(world, name):
    desk, ticket = world.browser(world.agent()), world.ticket(world.customer())
    desk.get(f"/tickets/{ticket.number}")
    sent = {"body": "Anbei", "files": (io.BytesIO(b"Inhalt"), name)}
    answer = desk.post(f"/tickets/{ticket.number}/reply", sent)
    db.session.rollback()
    file = db.session.scalars(sa.select(Attachment)).one_or_none()
    if file is None:  # a line break in a name makes another part of the request, which is refused
        assert answer.status_code == 422
        return
    assert answer.status_code == 303
    shown = file.filename
    assert 0 < len(shown) <= 120
    assert not UNSEEN.search(shown)
    assert not re.search(r"[/\\\r\n\0]", shown)
    assert not shown.startswith((".", "-"))
    assert shown.split(".")[0].lower() not in ("con", "nul")
    got = desk.get(f"/tickets/files/{file.id}")
    lines = got.headers.getlist("Content-Disposition")
    assert len(lines) == 1
    assert lines[0].isascii()
    assert not re.search(r"[\r\n]", lines[0])
    assert re.fullmatch(r"attachment; filename=\"[^\"\\]*\"; filename\*=UTF-8''[\w.~%!$&+^`|-]*", lines[0])
    assert "Set-Cookie" not in got.headers
    got.close()
    root = Path(world.app.extensions["storage"].root)
    kept = [path for path in root.rglob("*") if path.is_file()]
    assert all(re.fullmatch(r"[0-9a-f]{64}", path.name) for path in kept)
