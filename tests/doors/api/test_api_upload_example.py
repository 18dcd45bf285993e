"""What API.md says of large files is so: its example sends one over a line that is cut again and again."""

from __future__ import annotations

import contextlib
import json
import re
import socket
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.tickets.actions import uploading
from app.tickets.models import Attachment
from app.web.api.uploads import Upload
from tests.support.accounts import PASSWORD, give_password
from tests.support.parts import DATA, sha

TEXT = (Path(__file__).resolve().parents[3] / "API.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```(json|python)\n(.*?)```", re.DOTALL)
CLIENT = next(body for _kind, body in BLOCK.findall(TEXT) if "class Helpdesk" in body).split("\ndesk = ")[0]
SHOWN, EXAMPLE = (body for _kind, body in BLOCK.findall(TEXT[TEXT.index("### Large files") :])[:2])


class Cutting:
    """An application whose line is cut at the given turns of sending and finishing, before or after the work."""

    def __init__(self, application: Any, before: set[int], after: set[int]) -> None:
        self.application, self.before, self.after = application, before, after
        self.turns: list[str] = []

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        path = environ["PATH_INFO"]
        if "/parts/" not in path and not path.endswith("/finish"):
            return self.application(environ, start)
        self.turns.append(path.rpartition("/")[2])
        turn = len(self.turns)
        if turn in self.before | self.after:
            if turn in self.after:
                told = self.application(environ, start)
                list(told)
                told.close()
            else:
                start("200 OK", [])
            with contextlib.suppress(OSError):
                environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return []
        return self.application(environ, start)


@pytest.mark.parametrize(
    ("before", "after", "turns"),
    [
        (set(), set(), ["1", "2", "3", "finish"]),
        ({2}, {4}, ["1", "2", "2", "3", "finish"]),
        ({1, 2}, {3, 6}, ["1", "1", "1", "2", "3", "finish", "finish"]),
    ],
)
@pytest.mark.sqlite_only
def test_the_example_sends_a_file_over_a_line_that_is_cut(
    world, address, monkeypatch, tmp_path, capsys, before, after, turns
):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(uploading, "PART", 1000)
    cutting = Cutting(world.app.wsgi_app, before, after)
    monkeypatch.setattr(world.app, "wsgi_app", cutting)
    mia = give_password(world.customer())
    file = tmp_path / "protokoll.bin"
    file.write_bytes(DATA)
    scope: dict[str, Any] = {}
    exec(compile(CLIENT + EXAMPLE, "API.md", "exec"), scope)  # noqa: S102 the document is ours
    desk = scope["Helpdesk"](address)
    desk.login(mia.email, PASSWORD)
    made = scope["send_file"](desk, str(file), pause=0)
    assert (made["sha256"], made["filename"]) == (sha(DATA), "protokoll.bin")
    assert cutting.turns == turns
    shown = capsys.readouterr().out
    assert shown.endswith("2560 of 2560 bytes\n") or 4 in after
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Attachment)) == 1


@pytest.mark.sqlite_only
def test_the_shape_is_the_one_that_is_shown():
    assert Upload.model_validate_json(SHOWN)
    assert list(json.loads(SHOWN)) == list(Upload.model_fields)
