"""Answers for programs travel compressed where the caller can unpack them."""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

from app.web.kit import json_answers
from app.web.kit.entity_tags import PACKED

# Below this a packed answer saves less than its own head costs.
WORTH = 1400
LEVEL = 5


def pack(answer: Response) -> Response:
    """Compress a JSON answer; secrets in it are safe from guessing by length, because no cookie brings them."""
    if answer.mimetype != json_answers.JSON or not json_answers.wanted() or answer.direct_passthrough:
        return answer
    answer.vary.add("Accept-Encoding")
    body = answer.get_data()
    if len(body) < WORTH or not _takes_gzip() or "Content-Encoding" in answer.headers:
        return answer
    answer.set_data(gzip.compress(body, LEVEL, mtime=0))
    answer.headers["Content-Encoding"] = "gzip"
    own, weak = answer.get_etag()
    if own is not None:
        answer.set_etag(own + PACKED, weak=bool(weak))
    return answer


def _takes_gzip() -> bool:
    return bool(request.accept_encodings) and request.accept_encodings.quality("gzip") > 0


def init_packing(app: Flask) -> None:
    """Pack what leaves; registered first, so that it runs after everybody who reads the body."""
    app.after_request(pack)
