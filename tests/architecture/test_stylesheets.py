"""Stylesheets and scripts keep their house rules: one place for colours, own names, small files, small bundles."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from app.web.kit import assets

pytestmark = pytest.mark.sqlite_only
OWN = sorted((assets.FOLDER / "css").glob("*.css"))
SCRIPTS = sorted((assets.FOLDER / "js").glob("*.js"))
VENDOR = assets.FOLDER / "vendor"
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|%23[0-9a-fA-F]{3,8}\b|\b(?:rgba?|hsla?|oklch)\(")
CLASS = re.compile(r"\.(-?[a-zA-Z_][\w-]*)")
LINES = 300
# Bootstrap components that are given the look of the house on purpose.
RESTYLED = {
    *("btn", "btn-sm", "btn-lg", "btn-primary", "btn-danger", "disabled"),
    *("form-control", "form-control-sm", "form-select", "form-select-sm", "form-label", "form-text"),
    *("form-check", "form-check-input", "modal-content", "modal-header", "modal-footer", "offcanvas-lg"),
}
# Gzip, bytes: the first visit of a customer is at most 130 KB, of which a page takes at most 20.
BUDGET = {"app.css": 68_000, "app.js": 56_000, "theme-init.js": 600, "favicon.svg": 500}
FIRST_VISIT = 124_000


def bare(css: str) -> str:
    """A stylesheet without comments and addresses."""
    return re.sub(r"/\*.*?\*/|url\([^)]*\)", "", css, flags=re.DOTALL)


def classes(css: str) -> set[str]:
    """Class names in the selectors of a stylesheet."""
    selectors = re.findall(r"([^{}]+)\{", bare(css))
    return {name for selector in selectors for name in CLASS.findall(selector)}


def colours(css: str) -> list[str]:
    """Colour values written out in a stylesheet."""
    return COLOUR.findall(re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))


def taken(css: str) -> set[str]:
    """Class names of a stylesheet that are Bootstrap's, and not meant to be."""
    bootstrap = classes((VENDOR / "bootstrap.min.css").read_text(encoding="utf-8"))
    return (classes(css) & bootstrap) - RESTYLED


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_colours_are_written_in_the_tokens_only(path: Path) -> None:
    if path.name != "tokens.css":
        assert colours(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "rule", [".a { color: #fff; }", ".a { fill: rgb(1 2 3 / .5); }", ".a { --x: url('%2306242b'); }"]
)
def test_a_colour_elsewhere_is_found(rule: str) -> None:
    assert colours(rule)


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_no_own_class_takes_a_name_of_bootstrap_by_accident(path: Path) -> None:
    assert taken(path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize("name", ["alert", "figure", "h1", "gap-4", "row", "lead"])
def test_a_taken_name_is_found(name: str) -> None:
    assert taken(f"@media print {{ .own > .{name}:hover {{ margin: 0 }} }}") == {name}


def test_every_restyled_name_is_still_bootstraps_and_still_restyled() -> None:
    own = set().union(*(classes(path.read_text(encoding="utf-8")) for path in OWN))
    bootstrap = classes((VENDOR / "bootstrap.min.css").read_text(encoding="utf-8"))
    assert own & bootstrap >= RESTYLED


@pytest.mark.parametrize("path", [*OWN, *SCRIPTS], ids=lambda path: path.name)
def test_files_stay_small_and_every_file_is_in_a_bundle(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LINES
    bundled = {part for parts in assets.BUNDLES.values() for part in parts}
    assert str(path.relative_to(assets.FOLDER)) in bundled


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_run_under_the_strict_policy(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert '"use strict"' in text
    assert not re.search(
        r"\beval\(|new Function|\.innerHTML\s*=|insertAdjacentHTML|document\.write|https?://", text
    )


def test_vendored_files_are_what_was_published() -> None:
    listed = {}
    for line in (VENDOR / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split()
        listed[name] = digest
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.iterdir()
        if path.name != "SHA256SUMS"
    }
    assert found == listed
    assert {name for name in listed if name.startswith("LICENSE")} == {
        f"LICENSE-{package}.txt"
        for package in (
            *("bootstrap", "bootstrap-icons", "popper", "htmx", "idiomorph"),
            *("swagger-ui", "swagger-ui-bundle"),
        )
    }


def test_icons_are_those_of_the_list() -> None:
    wanted = Path("tools/icons.txt").read_text(encoding="utf-8").split("\n")
    names = {line.strip() for line in wanted if line.strip() and not line.startswith("#")}
    assert (
        set(re.findall(r"^\.i-([\w-]+)\{", (VENDOR / "icons.css").read_text(encoding="utf-8"), re.M)) == names
    )


def test_bundles_stay_within_the_first_visit() -> None:
    pages = {name: parts for name, parts in assets.BUNDLES.items() if name not in assets.DOCUMENTS}
    sizes = {name: len(assets.bundle(parts).packed) for name, parts in pages.items()}
    assert {name: size for name, size in sizes.items() if size > BUDGET[name]} == {}
    assert sum(sizes.values()) <= FIRST_VISIT
