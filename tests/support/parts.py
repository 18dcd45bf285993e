"""A file of three parts and a program that sends them; parts of a thousand bytes, where a test asks for small ones."""

from __future__ import annotations

import hashlib
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app.core.db import db
from tests.support.programs import Program

UPLOADS = "/api/v1/attachments/uploads"
BYTES = "application/octet-stream"
DATA = bytes(range(256)) * 10
PARTS = [DATA[:1000], DATA[1000:2000], DATA[2000:]]


def begun(program: Program, **fields: Any) -> dict[str, Any]:
    """An upload that was announced."""
    answer = program.post(UPLOADS, {"filename": "protokoll.bin", "size": len(DATA)} | fields)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def at(upload: dict[str, Any], number: int = 0) -> str:
    """The address of an upload, or of one of its parts."""
    return f"{UPLOADS}/{upload['id']}" + (f"/parts/{number}" if number else "")


def put(
    program: Program, upload: dict[str, Any], number: int, data: bytes | None = None, **options: Any
) -> Any:
    """Send a part."""
    given = PARTS[number - 1] if data is None else data
    return program.send("PUT", at(upload, number), data=given, content_type=BYTES, **options)


def finished(program: Program, upload: dict[str, Any]) -> Any:
    """Ask for the file."""
    return program.post(f"{at(upload)}/finish")


def sha(data: bytes) -> str:
    """What the store calls these bytes."""
    return hashlib.sha256(data).hexdigest()


def count(model: type[Any]) -> int:
    """How many rows there are."""
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def stored(app: Flask) -> set[str]:
    """The hashes of everything in the store."""
    return {kept.sha256 for kept in app.extensions["storage"].walk()}
