"""A63: bodies that are made to be slow or to break something are refused at once."""

from __future__ import annotations

import time

import pytest

from app.accounts import people_files
from app.core.errors import Invalid
from app.web.kit import json_body
from tests.support.programs import LOGIN, Program, refused

SOON = 5.0  # seconds; what these once took was minutes and days


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "body",
    [
        b'"' + b'\\"' * 200_000,
        b'{"email":"' + b'\\"' * 200_000,
        b'{"email":"' + b"\\" * 400_001,
        b'"' * 400_001,
    ],
    ids=["quotes", "field", "backslashes", "strings"],
)
def test_a63_a_text_that_never_ends_costs_nothing(world, body):
    begun = time.perf_counter()
    answer = Program(world.app).post(LOGIN, data=body, content_type="application/json")
    assert refused(answer, 400, "malformed")
    assert time.perf_counter() - begun < SOON


@pytest.mark.parametrize(
    ("body", "depth"),
    [
        (b'{"a":"[[["}', 1),
        (b'{"a":"\\"[[["}', 1),
        (b'{"a\\\\":[["]"]]}', 3),
        (b'{"a":"[[[', 1),
        (b'{"a":"[[\\', 1),
    ],
)
def test_a63_brackets_in_texts_are_no_depth(body, depth):
    assert json_body._depth(body) == depth


@pytest.mark.parametrize("piece", [";", "a;", "\t,;"])
def test_a28_a_first_line_without_end_is_refused_soon(app, piece):
    begun = time.perf_counter()
    with app.test_request_context(), pytest.raises(Invalid):
        people_files.read((piece * (people_files.FILE_BYTES // len(piece))).encode())
    assert time.perf_counter() - begun < SOON
