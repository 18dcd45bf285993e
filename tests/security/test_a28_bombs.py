"""A28: what is small on the wire and huge unpacked is kept as it is, or refused; the process stays small."""

from __future__ import annotations

import gzip
import io
import itertools
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from app.core import files
from app.core.db import db
from app.tickets.models import Attachment
from tests.support.letters import bring, letter, results

pytestmark = pytest.mark.sqlite_only
ROOT = Path(__file__).resolve().parents[2]
MB = 1024 * 1024
UNPACKED = 200 * MB
MORE_THAN_NEEDED = 60 * MB  # of a request that keeps a file of less than a megabyte
WHOLE_PROCESS = 300 * MB


@contextmanager
def grown() -> Iterator[list[int]]:
    """How many bytes more than before the process held at its peak, told when the block is over."""
    told = [0]
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _status("VmRSS")
    yield told
    told[0] = _status("VmHWM") - before


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024


# Archives


def zipped(name: str, inner: bytes | None = None) -> bytes:
    """A ZIP with one member: 200 MB of zeros, or other bytes."""
    out = io.BytesIO()
    pieces = [inner] if inner is not None else itertools.repeat(bytes(MB), UNPACKED // MB)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as member:
        for piece in pieces:
            member.write(piece)
    return out.getvalue()


def billion_laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    xml = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{entities}]><x>&l9;</x>'
    return zipped("word/document.xml", inner=xml.encode())


@pytest.fixture(scope="module")
def archives() -> dict[str, bytes]:
    """Small files that are at least 200 MB unpacked, by the name they come under."""
    bomb = zipped("nullen.bin")
    return {
        "bombe.zip": bomb,
        "verschachtelt.zip": zipped("innen.zip", inner=bomb),
        "brief.docx": zipped("word/document.xml"),
        "lachen.docx": billion_laughs(),
        "tabelle.xlsx": zipped("xl/worksheets/sheet1.xml"),
        "bombe.gz": gzip.compress(bytes(UNPACKED), 9),
        "bombe.svgz": gzip.compress(b"<svg>" + bytes(MB) + b"</svg>", 9),
    }


def stored() -> list[Attachment]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Attachment).order_by(Attachment.id)))


def on_disk(world: Any) -> set[str]:
    root = Path(world.app.extensions["storage"].root)
    return {path.name for path in root.rglob("*") if path.is_file()}


def test_a28_an_archive_is_kept_and_never_unpacked(world: Any, archives: dict[str, bytes]) -> None:
    portal, desk = world.browser(world.customer()), world.browser(world.agent())
    portal.get("/portal/new")
    for name, data in archives.items():
        assert len(data) < MB
        kept = on_disk(world)
        sent = {"title": name, "description": "Siehe Anhang", "impact": "low"}
        with grown() as more:
            answer = portal.post("/portal/new", sent | {"files": (io.BytesIO(data), name)})
            page = desk.get(answer.headers["Location"].replace("/portal", ""))
        assert (answer.status_code, page.status_code) == (303, 200), name
        assert more[0] < MORE_THAN_NEEDED, name
        file = stored()[-1]
        assert (file.filename, file.size, file.is_picture) == (name, len(data), False)
        assert on_disk(world) - kept <= {file.sha256}
        got = desk.get(f"/tickets/files/{file.id}")
        assert got.get_data() == data
        assert got.headers["Content-Disposition"].startswith("attachment")
        assert "Content-Encoding" not in got.headers
        got.close()


def test_a28_an_archive_in_a_mail_is_kept_and_never_unpacked(world: Any, archives: dict[str, bytes]) -> None:
    with grown() as more:
        outcomes = bring(world.app, letter(files=list(archives.items())), letter())
    assert results(outcomes) == ["created", "created"]
    assert more[0] < 2 * MORE_THAN_NEEDED
    assert [(one.filename, one.size) for one in stored()] == [(n, len(d)) for n, d in archives.items()]


def test_a28_a_packed_request_is_not_unpacked(world: Any) -> None:
    portal = world.browser(world.customer())
    portal.get("/portal/new")
    body = gzip.compress(b"title=" + bytes(UNPACKED), 9)
    form = "application/x-www-form-urlencoded"
    headers = {"Content-Encoding": "gzip", "X-CSRFToken": portal.token}
    with grown() as more:
        answer = portal.client.post("/portal/new", data=body, content_type=form, headers=headers)
    assert 400 <= answer.status_code < 500
    assert more[0] < MORE_THAN_NEEDED


# Pictures


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *more: bytes, rows: bytes = b"\0") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(rows, 9))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(more) + body + chunk(b"IEND", b"")


def picture(kind: str, mode: str, edge: int, **options: Any) -> bytes:
    """A picture of one colour: few bytes, many pixels."""
    out = io.BytesIO()
    Image.new(mode, (edge, edge)).save(out, kind, **options)
    return out.getvalue()


def declared(data: bytes, where: bytes, fmt: str, *sizes: int) -> bytes:
    """A small picture that says it is a large one."""
    at = data.index(where) + len(where)
    raw = struct.pack(fmt, *sizes)
    return data[:at] + raw + data[at + len(raw) :]


TOO_LARGE = {
    "png": png(50_000, 50_000),
    "jpeg": declared(picture("JPEG", "RGB", 8), b"\xff\xc0\x00\x11\x08", ">HH", 50_000, 50_000),
    "gif": declared(picture("GIF", "P", 8), b"GIF87a", "<HH", 50_000, 50_000),
    "webp": declared(picture("WEBP", "RGB", 8), b"\x9d\x01\x2a", "<HH", 16_383, 16_383),
    "real png": png(12_000, 12_000, rows=bytes(MB)),
}
# Text and colour profiles of a picture are packed as well.
HIDDEN = {
    "text": png(1, 1, chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(UNPACKED), 9)), rows=bytes(5)),
    "international text": png(
        1, 1, chunk(b"iTXt", b"a\0\1\0\0\0" + zlib.compress(bytes(UNPACKED), 9)), rows=bytes(5)
    ),
    "profile": png(1, 1, chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(UNPACKED), 9)), rows=bytes(5)),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_a28_a_portrait_of_too_many_pixels_is_refused(world: Any, name: str) -> None:
    mia = world.customer()
    browser = world.browser(mia)
    browser.get("/auth/profile")
    kept = on_disk(world)
    with grown() as more:
        answer = browser.post("/auth/profile/avatar", {"avatar": (io.BytesIO(TOO_LARGE[name]), "ich.png")})
    assert answer.status_code == 422
    assert "Diese Datei ist kein lesbares Bild" in answer.get_data(as_text=True)
    assert more[0] < MORE_THAN_NEEDED
    assert on_disk(world) == kept
    assert browser.get(f"/auth/avatar/{mia.id}").status_code == 404


@pytest.mark.parametrize("name", TOO_LARGE | HIDDEN)
def test_a28_a_picture_that_unpacks_too_far_is_a_file_like_any_other(world: Any, name: str) -> None:
    data = (TOO_LARGE | HIDDEN)[name]
    desk, ticket = world.browser(world.agent()), world.ticket(world.customer())
    base = f"/tickets/{ticket.number}"
    desk.get(base)
    with grown() as more:
        answer = desk.post(f"{base}/reply", {"body": "Anbei", "files": (io.BytesIO(data), "bild.png")})
        assert desk.get(base).status_code == 200
    assert answer.status_code == 303
    assert more[0] < MORE_THAN_NEEDED
    (file,) = stored()
    assert file.size == len(data)
    if name in TOO_LARGE:
        got = desk.get(f"/tickets/files/{file.id}")
        assert got.headers["Content-Disposition"].startswith("attachment")
        got.close()


LARGEST = """
import sys, threading
from pathlib import Path
from app.core import files
data = sys.stdin.buffer.read()
made = []
threads = [threading.Thread(target=lambda: made.append(files.avatar(data))) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert len(made) == 4
lines = Path("/proc/self/status").read_text().splitlines()
print(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024)
"""


@pytest.mark.parametrize(
    ("kind", "mode", "edge", "options"),
    [
        ("PNG", "RGBA", 3464, {}),
        ("WEBP", "RGBA", 3464, {}),
        ("GIF", "P", 3464, {}),
        ("JPEG", "RGB", 6324, {"quality": 30}),
        ("JPEG", "RGB", 6324, {"quality": 30, "progressive": True, "subsampling": 0}),
    ],
)
def test_a28_the_largest_portraits_at_once_fit_into_a_small_process(
    kind: str, mode: str, edge: int, options: dict[str, Any]
) -> None:
    data = picture(kind, mode, edge, **options)
    done = subprocess.run(
        [sys.executable, "-c", LARGEST], input=data, cwd=ROOT, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    assert int(done.stdout) < WHOLE_PROCESS


@pytest.mark.parametrize("kind", ["BMP", "ICO", "PCX", "PPM", "TGA", "TIFF"])
def test_a28_only_the_four_kinds_we_show_are_ever_opened(kind: str) -> None:
    data = picture(kind, "RGB", 16)
    assert not files.shows_as_picture(data)
    with pytest.raises(ValueError, match="not a picture"):
        files.avatar(data)
