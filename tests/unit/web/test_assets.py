"""Bundles: named by their content, kept by browsers, never mixed up between releases."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.web.kit import assets, brand

pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def app() -> Flask:
    app = Flask("assets-only", static_folder=None)
    assets.register(app)
    brand.register(app)
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def address(app: Flask, name: str) -> str:
    with app.app_context():
        return assets.url(name)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("app.css", "text/css"),
        ("app.js", "text/javascript"),
        ("theme-init.js", "text/javascript"),
        ("favicon.svg", "image/svg+xml"),
    ],
)
def test_every_bundle_is_served_with_its_kind_and_kept_for_a_year(
    app: Flask, client: FlaskClient, name: str, kind: str
) -> None:
    answer = client.get(address(app, name))
    assert answer.status_code == 200
    assert answer.mimetype == kind
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.data == assets.bundle(assets.BUNDLES[name]).body


def test_the_tested_bundles_are_all_there_are() -> None:
    assert set(assets.BUNDLES) == {"app.css", "app.js", "theme-init.js", "favicon.svg", *assets.DOCUMENTS}


def test_a_browser_that_can_gets_it_compressed(app: Flask, client: FlaskClient) -> None:
    plain = client.get(address(app, "app.css"))
    packed = client.get(address(app, "app.css"), headers={"Accept-Encoding": "br, gzip;q=0.5"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert (
        "Content-Encoding"
        not in client.get(address(app, "app.css"), headers={"Accept-Encoding": "gzip;q=0"}).headers
    )


def test_a_known_tag_is_answered_without_a_body(app: Flask, client: FlaskClient) -> None:
    tag = client.get(address(app, "app.css")).headers["ETag"]
    again = client.get(address(app, "app.css"), headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_the_digest_of_another_release_gets_todays_files_but_may_not_keep_them(client: FlaskClient) -> None:
    answer = client.get("/static/bundle/0123456789abcdef/app.css")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", ["other.css", "..%2fcss%2ftokens.css", "tokens.css"])
def test_nothing_else_is_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/bundle/0123456789abcdef/{name}").status_code == 404


def test_joined_files_keep_their_order_and_lose_pointers_to_source_maps() -> None:
    body = assets.bundle(assets.BUNDLES["app.css"]).body.decode()
    assert (
        body.index("Bootstrap")
        < body.index("--hd-bg:")
        < body.index(".rail {")
        < body.index("@media print {\n  body")
    )
    assert "sourceMappingURL" not in body
    assert b"sourceMappingURL" not in assets.bundle(assets.BUNDLES["app.js"]).body


def test_the_same_files_give_the_same_name() -> None:
    one, other = (assets.bundle(("css/tokens.css",)) for _ in range(2))
    assert one == other
    assert one.sha != assets.bundle(("css/tokens.css", "css/ground.css")).sha


def test_while_developing_a_saved_file_gets_a_new_address(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "static"
    folder.mkdir()
    file = folder / "a.css"
    file.write_text("a {}")
    monkeypatch.setattr(assets, "FOLDER", folder)
    monkeypatch.setattr(assets, "BUNDLES", {"a.css": ("a.css",)})
    app.debug = True
    before = address(app, "a.css")
    file.write_text("b {}")
    later = file.stat().st_mtime_ns + 1_000_000_000
    os.utime(file, ns=(later, later))
    assert address(app, "a.css") != before


def test_an_accent_is_served_as_a_stylesheet(client: FlaskClient) -> None:
    answer = client.get("/static/brand/7a1f5c.css")
    assert answer.mimetype == "text/css"
    assert "immutable" in answer.headers["Cache-Control"]
    assert b"--hd-accent: #7a1f5c;" in answer.data


@pytest.mark.parametrize("accent", ["ffff00", "7A1F5C", "7a1f5", "7a1f5c;}", "red"])
def test_anything_else_is_no_accent(client: FlaskClient, accent: str) -> None:
    assert client.get(f"/static/brand/{accent}.css").status_code == 404
