"""People from a file in a browser: chosen, looked at, imported; phone, both themes, accessibility."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.accounts.models import Person
from app.accounts.queries import find_by_email
from tests.browser.conftest import CHROMIUM
from tests.support.world import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.sqlite_only,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium"),
]
Visit = Callable[..., Any]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SHOTS = os.environ.get("HD_SHOTS", "")
TEXT = (
    "E-Mail;Vorname;Nachname;Telefon;Abteilung;Vorgesetzte(r);Haustier\n"
    "carla.kunde@firma.example;Carla;Kunde;0911 4400;Vertrieb;lena.leitner@firma.example;Katze\n"
    "mia.muster@firma.example;Mia;Muster;0911 4711;Einkauf;;\n"
    "lena.leitner@firma.example;Lena;Leitner;;;;\n"
    "max.ohne;Max;Ohne;;;;\n"
    "jonas.weg@firma.example;Jonas;Weg;;;niemand@firma.example;\n"
)


@pytest.fixture
def admin(world: World) -> Person:
    world.customer(email="mia.muster@firma.example", first_name="Mia", last_name="Muster", phone="0911 1")
    world.leader(email="lena.leitner@firma.example", first_name="Lena", last_name="Leitner")
    return world.admin(first_name="Anna", last_name="Berger")


@pytest.fixture
def axe() -> Any:
    return pytest.importorskip("axe_playwright_python.sync_playwright").Axe()


def checked(page: Any, axe: Any, name: str) -> None:
    """No horizontal scrolling, nothing the accessibility rules complain of, and a picture when one is asked for."""
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    result = axe.run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    assert result.violations_count == 0, (name, result.generate_report())
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_file_is_chosen_looked_at_and_imported(
    visit: Visit, axe: Any, admin: Person, tmp_path: Path, theme: str, width: int
) -> None:
    file = tmp_path / "leute.csv"
    file.write_text(TEXT, encoding="utf-8")
    page = visit(admin, width=width, theme=theme, bypass_csp=True)
    page.goto("/people/import")
    checked(page, axe, f"import-form-{theme}-{width}")
    page.locator("#f-file").set_input_files(str(file))
    page.get_by_role("button", name="Zuerst ansehen").click()
    page.get_by_role("heading", name="Das würde geschehen").wait_for()
    for tab in ("Neu", "Geändert", "Abgelehnt"):
        page.locator(".pills a", has_text=tab).first.click()
        page.locator("table").wait_for()
        checked(page, axe, f"import-preview-{tab}-{theme}-{width}")
    page.get_by_role("button", name="Jetzt importieren").click()
    page.get_by_role("heading", name="Import abgeschlossen").wait_for()
    checked(page, axe, f"import-done-{theme}-{width}")
    assert find_by_email("carla.kunde@firma.example") is not None
