"""The browser's files: joined, named by their content, compressed once and cached for a year."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, abort, current_app, request

FOLDER = Path(__file__).resolve().parents[2] / "static"
YEAR = 365 * 24 * 60 * 60
DIGITS = 16
MAP_POINTER = re.compile(rb"^(?:/\*# sourceMappingURL=[^\n]*\*/|//# sourceMappingURL=[^\n]*)$", re.MULTILINE)

STYLES = (
    *("tokens", "ground", "shell", "controls", "tags", "lists", "queue", "ticket", "composer"),
    *("board", "portal", "forms", "admin", "feedback", "print"),
)
SCRIPTS = (
    *("page", "theme", "menus", "feedback", "requests", "forms", "files", "shortcuts"),
    *("queue", "composer", "presence", "sla"),
)
BUNDLES: Mapping[str, tuple[str, ...]] = {
    "app.css": (
        "vendor/bootstrap.min.css",
        "vendor/icons.css",
        *(f"css/{name}.css" for name in STYLES),
    ),
    "app.js": (
        "vendor/bootstrap.bundle.min.js",
        "vendor/htmx.min.js",
        "vendor/idiomorph-ext.min.js",
        *(f"js/{name}.js" for name in SCRIPTS),
    ),
    "theme-init.js": ("js/theme-init.js",),
    "api-docs.css": ("vendor/swagger-ui.css",),
    "api-docs.js": ("vendor/swagger-ui-bundle.js", "js/api-docs.js"),
    "favicon.svg": ("img/favicon.svg",),
}


# Only for the page that describes the interface for programs: large, and made when somebody opens it.
DOCUMENTS = frozenset({"api-docs.css", "api-docs.js"})


@dataclass(frozen=True, slots=True)
class Bundle:
    """Joined files: as they are, compressed with gzip, and the SHA-256 of what they say."""

    body: bytes
    packed: bytes
    sha: str


def bundle(names: Iterable[str]) -> Bundle:
    """Join files of the static folder, in this order.

    Args:
        names: paths below ``app/static``; pointers to source maps, which are not served, are taken out.

    Raises:
        OSError: a file is missing.
    """
    parts = (MAP_POINTER.sub(b"", (FOLDER / name).read_bytes()).strip() for name in names)
    body = b"\n".join(parts) + b"\n"
    return Bundle(body, gzip.compress(body, compresslevel=9, mtime=0), hashlib.sha256(body).hexdigest())


def url(name: str) -> str:
    """The address of a bundle; a new one whenever its content changes.

    Raises:
        KeyError: there is no such bundle.
    """
    return f"/static/bundle/{_made(name).sha[:DIGITS]}/{name}"


def register(app: Flask) -> None:
    """Serve the bundles; a missing file stops the start, not the first page."""
    app.add_url_rule("/static/bundle/<digest>/<name>", "bundle", _answer, methods=["GET"])
    for name, parts in BUNDLES.items():
        if name in DOCUMENTS:
            for part in parts:
                (FOLDER / part).stat()
        else:
            _joined(name, 0)


@lru_cache(maxsize=2 * len(BUNDLES))
def _joined(name: str, _changed_at: int) -> Bundle:
    return bundle(BUNDLES[name])


def _made(name: str) -> Bundle:
    """The bundle; while developing, made anew when one of its files was saved."""
    changed = max((FOLDER / part).stat().st_mtime_ns for part in BUNDLES[name]) if current_app.debug else 0
    return _joined(name, changed)


def _answer(digest: str, name: str) -> Response:
    """The files of a bundle.

    A digest of another release gets what there is now, but nobody may keep it: while several servers change
    over, a page and its style may come from different releases.
    """
    if name not in BUNDLES:
        abort(404)
    made = _made(name)
    packed = request.accept_encodings.quality("gzip") > 0
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    response = Response(made.packed if packed else made.body, mimetype=kind)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    fresh = digest == made.sha[:DIGITS]
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable" if fresh else "no-cache"
    response.vary.add("Accept-Encoding")
    response.set_etag(f"{made.sha[:DIGITS]}{'-gz' if packed else ''}")
    response.make_conditional(request)
    return response
