"""A29: uploads have limits in number, size and per day; what was refused leaves nothing behind."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.tickets.actions import files
from app.tickets.models import Attachment

pytestmark = pytest.mark.sqlite_only
LIMIT = 16 * 1024 * 1024


@pytest.fixture
def desk(world, tmp_path, monkeypatch):
    """An agent's browser; temporary files of the server go into a folder that can be looked at."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    browser, ticket = world.browser(world.agent()), world.ticket(world.customer())
    browser.base = f"/tickets/{ticket.number}"
    browser.get(browser.base)
    yield browser
    assert list(tmp_path.iterdir()) == []
    unfinished = Path(world.app.extensions["storage"].root) / "unfinished"
    assert list(unfinished.iterdir()) == []


def flood(desk, body: bytes, **headers: str):
    """A request whose body was made by hand; the browser's own would leave temporary files itself."""
    head = b'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n' + desk.token.encode()
    kind = "multipart/form-data; boundary=x"
    path = f"{desk.base}/reply"
    return desk.client.post(
        path, data=head + b"\r\n" + body + b"--x--\r\n", content_type=kind, headers=headers
    )


def one_file(size: int) -> bytes:
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="gross.bin"\r\n\r\n'
    return head + b"\0" * size + b"\r\n"


def stored() -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(Attachment)) or 0


def test_more_than_a_request_may_hold_is_refused_with_a_page(desk):
    answer = flood(desk, one_file(LIMIT + 1))
    assert answer.status_code == 413
    assert "Das ist zu groß" in answer.get_data(as_text=True)
    assert stored() == 0


def test_a_fragment_says_so_too(desk):
    answer = flood(desk, one_file(LIMIT + 1), **{"HX-Request": "true"})
    assert answer.status_code == 413
    assert "data-refusal" in answer.get_data(as_text=True)


def test_a_body_without_a_length_is_not_read_for_ever(desk):
    answer = desk.client.post(
        f"{desk.base}/reply",
        input_stream=io.BytesIO(b"x" * 1000),
        headers={"Transfer-Encoding": "chunked", "X-CSRFToken": desk.token},
        content_type="multipart/form-data; boundary=x",
    )
    assert 400 <= answer.status_code < 500
    assert stored() == 0


@pytest.mark.parametrize("declared", [5 * 1024**3, LIMIT + 1, 10**30])
def test_what_is_announced_as_too_large_is_refused_before_it_is_read(desk, declared):
    class Wire(io.BytesIO):
        def read(self, *_size):
            raise AssertionError("the body was read")

        readinto = readline = read

    answer = desk.client.post(
        f"{desk.base}/reply",
        environ_overrides={"wsgi.input": Wire(), "CONTENT_LENGTH": str(declared)},
        headers={"X-CSRFToken": desk.token},
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 413
    assert stored() == 0


def test_thousands_of_parts_are_refused(desk):
    part = b'--x\r\nContent-Disposition: form-data; name="t"\r\n\r\nx\r\n'
    assert flood(desk, part * 10_000).status_code == 413


def test_too_many_files_are_refused_and_the_text_stays(desk):
    many = [(io.BytesIO(b"x"), f"{n}.txt") for n in range(21)]
    answer = desk.post(f"{desk.base}/reply", {"body": "Viele", "files": many})
    assert answer.status_code == 422
    assert "Höchstens 20 Dateien auf einmal." in answer.get_data(as_text=True)
    assert ">\nViele</textarea>" in answer.get_data(as_text=True)
    assert stored() == 0


def test_a_day_has_a_limit_for_each_person(desk, monkeypatch):
    monkeypatch.setattr(files, "DAILY_BYTES", 10)
    first = desk.post(f"{desk.base}/reply", {"body": "eins", "files": (io.BytesIO(b"12345678"), "a.txt")})
    assert first.status_code == 303
    second = desk.post(f"{desk.base}/reply", {"body": "zwei", "files": (io.BytesIO(b"12345678"), "b.txt")})
    assert second.status_code == 422
    assert "Sie haben heute sehr viel hochgeladen." in second.get_data(as_text=True)
    assert stored() == 1


def test_large_files_within_the_limit_arrive_whole(desk):
    said = b'--x\r\nContent-Disposition: form-data; name="body"\r\n\r\nGross\r\n'
    assert flood(desk, said + one_file(8_000_000)).status_code == 303
    db.session.rollback()
    file = db.session.scalars(sa.select(Attachment)).one()
    got = desk.get(f"/tickets/files/{file.id}")
    assert got.get_data() == b"\0" * 8_000_000
    got.close()
