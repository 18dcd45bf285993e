"""Signing in and out with Microsoft in a real browser: our pages, the simulated ones, and the way between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.core import environment
from tests.browser.conftest import CHROMIUM
from tests.support.microsoft import microsoft, microsoft_of_this_run
from tests.support.tenant import Tenant, tenant
from tests.support.world import World

__all__ = ["microsoft", "microsoft_of_this_run", "tenant"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.sqlite_only,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium"),
]
Come = Callable[..., Any]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
BUTTON = "Mit Microsoft anmelden"
OURS = re.compile(r"^http://localhost:")  # the simulation has a number for its host
LOADED = "e => e.complete && e.naturalWidth > 0"
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def reachable(live: str) -> Iterator[str]:
    """The house knows by which address browsers reach it, so that Microsoft can send them back."""
    before = environment.environment()
    environment.use(replace(before, site_url=live))
    yield live
    environment.use(before)


@pytest.fixture
def come(reachable: str, chromium: Any) -> Iterator[Come]:
    """Open browsers that nobody is signed in with; errors of our pages fail the test."""
    opened: list[Any] = []

    def open_page(*, width: int = 1280, theme: str = "light", **more: Any) -> Any:
        size = {"width": width, "height": 900}
        context = chromium.new_context(
            base_url=reachable, viewport=size, color_scheme=theme, locale="de-DE", **more
        )
        page = context.new_page()
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        opened.append((context, page))
        return page

    yield open_page
    for context, page in opened:
        context.close()
        assert page.complaints == []


def sign_in(page: Any, name: str) -> None:
    """From our page by the button to Microsoft, and back as whoever is chosen there."""
    page.goto("/auth/login")
    page.get_by_role("link", name=BUTTON).click()
    page.get_by_text("Simuliertes Microsoft – keine echte Anmeldung").wait_for()
    choose(page, name)


def choose(page: Any, name: str) -> None:
    """Press a button at Microsoft and wait until our page is there."""
    page.get_by_role("button", name=name).click()
    page.wait_for_url(OURS)


def sign_out(page: Any) -> None:
    page.locator("summary", has=page.locator(".avatar")).click()
    page.get_by_role("button", name="Abmelden").click()
    page.wait_for_url("**/auth/login*")


def is_signed_out(page: Any) -> bool:
    page.goto("/auth/profile")
    return "/auth/login" in str(page.url)


def test_a_customer_is_in_the_portal_with_picture_and_department(
    come: Come, tenant: Tenant, reachable: str
) -> None:
    page = come()
    sign_in(page, "Carla Kunde")
    assert page.url == f"{reachable}/portal"
    header = page.get_by_role("banner")
    assert header.get_by_text("Carla Kunde").first.is_visible()
    assert header.locator("img.avatar").evaluate(LOADED)
    page.goto("/auth/profile")
    assert page.get_by_label("Abteilung").input_value() == "Vertrieb"
    assert page.get_by_label("Position").input_value() == "Sachbearbeiterin"
    assert page.get_by_alt_text("Ihr Bild").evaluate(LOADED)


@pytest.mark.parametrize(
    ("name", "home", "sees"),
    [
        ("Anton Agent", "/tickets", "Team IT-Service"),
        ("Lena Leitner", "/tickets/board", "Team"),
        ("Ada Adam", "/admin/health", "Verwaltung"),
    ],
)
def test_staff_come_in_with_the_role_their_token_names(
    come: Come, tenant: Tenant, reachable: str, name: str, home: str, sees: str
) -> None:
    page = come()
    sign_in(page, name)
    assert page.url == f"{reachable}{home}"
    assert page.get_by_text(sees, exact=True).first.is_visible()
    assert page.locator("summary img.avatar").evaluate(LOADED)


def test_signing_out_ends_the_session_at_microsoft_as_well(come: Come, tenant: Tenant) -> None:
    page = come()
    sign_in(page, "Carla Kunde")
    sign_out(page)
    assert is_signed_out(page)
    page.goto("/auth/login")
    page.get_by_role("link", name=BUTTON).click()
    page.get_by_role("heading", name="Konto auswählen").wait_for()  # it asks again who is there


def test_without_signing_out_the_button_leads_straight_back_in(come: Come, tenant: Tenant) -> None:
    page = come()
    sign_in(page, "Carla Kunde")
    page.goto("about:blank")  # an answer on its way would bring the cookie back
    page.context.clear_cookies(name="helpdesk")
    assert is_signed_out(page)
    page.get_by_role("link", name=BUTTON).click()
    page.wait_for_url("**/auth/profile")
    assert page.get_by_text("Carla Kunde").first.is_visible()


def test_signing_out_at_microsoft_ends_ours_by_a_hidden_frame(
    come: Come, tenant: Tenant, reachable: str
) -> None:
    tenant.ms.front_channel_logout_urls = [f"{reachable}/auth/microsoft/signed-out"]
    page, elsewhere = come(), come()
    sign_in(page, "Carla Kunde")
    sign_in(elsewhere, "Carla Kunde")
    with page.expect_response("**/auth/microsoft/signed-out*") as told:
        page.goto(f"{tenant.ms.pages_url}/{tenant.ms.tenant_id}/oauth2/v2.0/logout")
    assert told.value.status == 204
    assert is_signed_out(page)
    assert not is_signed_out(elsewhere), "another browser has a session of its own at Microsoft"


def test_whoever_may_not_in_reads_why_and_can_choose_another_account(come: Come, tenant: Tenant) -> None:
    page = come()
    sign_in(page, "Gerd Gast")
    assert page.get_by_role("heading", name="Gastkonten können sich hier nicht anmelden").is_visible()
    page.get_by_role("link", name="Anderes Konto wählen").click()
    choose(page, "Carla Kunde")
    assert page.url.endswith("/portal")


def test_who_thinks_better_of_it_is_back_and_can_try_again(come: Come, tenant: Tenant) -> None:
    page = come()
    sign_in(page, "Abbrechen")
    assert page.get_by_role("heading", name="Die Anmeldung wurde abgebrochen").is_visible()


def test_without_microsoft_there_is_no_button_and_the_password_is_asked_for(come: Come, world: World) -> None:
    page = come()
    page.goto("/auth/login")
    assert page.get_by_text("Microsoft").count() == 0
    assert page.get_by_role("textbox", name="Passwort").is_visible()


def test_without_microsoft_administrators_read_how_to_set_it_up(visit: Come, world: World) -> None:
    page = visit(world.admin())
    page.goto("/admin/microsoft")
    assert page.get_by_text("nicht eingerichtet").is_visible()
    assert page.get_by_text("/auth/oauth_callback").first.is_visible(), "what the registration has to know"


def wrong_with(page: Any, axe: Any, name: str) -> list[str]:
    """What keeps somebody from using a page, and whether it scrolls sideways."""
    result = axe.run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    found = [f"{name}: {one['id']} {one['nodes'][0]['target']}" for one in result.response["violations"]]
    return found + ([f"{name}: scrolls sideways"] if page.evaluate(WIDER) > 0 else [])


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)])
def test_the_pages_are_accessible_and_fit(come: Come, tenant: Tenant, theme: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = come(theme=theme, width=width, bypass_csp=True)
    page.goto("/auth/login")
    found = wrong_with(page, axe, "sign-in")
    sign_in(page, "Gerd Gast")
    found += wrong_with(page, axe, "refused")
    page.get_by_role("link", name="Anderes Konto wählen").click()
    choose(page, "Carla Kunde")
    found += wrong_with(page, axe, "portal")
    page.goto("/auth/microsoft/account")
    found += wrong_with(page, axe, "account")
    assert found == []
