"""Requests of any method, each with a context of its own, as a server would see them."""

from __future__ import annotations

import contextvars
import io
from collections.abc import Mapping
from typing import Any

from app.core.db import db
from tests.security.sweep.routes import Line
from tests.security.sweep.stage import PART
from tests.support.programs import Program
from tests.support.world import Browser


def send(browser: Browser, method: str, path: str, **options: Any) -> Any:
    """One request by this browser, with its cookies and nothing else of its own."""
    db.session.rollback()
    answer = contextvars.Context().run(browser.client.open, path, method=method, buffered=True, **options)
    db.session.rollback()
    return answer


def deed(browser: Browser, path: str, data: Mapping[str, Any], **options: Any) -> Any:
    """A form sent as our own pages send it."""
    return send(browser, "POST", path, data={"csrf_token": browser.token} | dict(data), **options)


def call(program: Program, line: Line, path: str, body: Any = None, **options: Any) -> Any:
    """A call of the door for programs, with the token of this one."""
    if line.brings_file:
        file = {"file": (io.BytesIO(b"Ein Text."), "text.txt")}
        return program.send(line.method, path, data=file, content_type="multipart/form-data", **options)
    if line.brings_bytes:
        return program.send(line.method, path, data=PART, content_type="application/octet-stream", **options)
    if line.is_page or line.takes is None:
        return program.send(line.method, path, **options)
    return program.send(line.method, path, json=body if body is not None else {}, **options)
