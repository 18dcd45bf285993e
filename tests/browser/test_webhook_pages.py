"""The pages of webhooks in a browser: phone, both themes, accessibility, a stranger's words that stay words (A68)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.accounts.models import Person
from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.webhooks.models import Webhook
from tests.browser.conftest import CHROMIUM
from tests.browser.test_admin_pages import RULES
from tests.support.hooks import hook, receiver
from tests.support.http_sink import Answer, HttpSink
from tests.support.world import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.sqlite_only,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium"),
]
Visit = Callable[..., Any]
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def admin(world: World) -> Person:
    return world.admin(first_name="Anna", last_name="Berger")


@pytest.fixture
def sink(house: Any) -> Iterator[HttpSink]:
    with receiver(
        Answer(500, b'<script>document.title = "x"</script><img src=x onerror=alert(1)>' + b"y" * 3000)
    ) as made:
        yield made


@pytest.fixture
def webhook(world: World, sink: HttpSink) -> Webhook:
    """One that fails, with a log, and one that was switched off."""
    made, _secret = hook(sink, url=sink.url("/" + "long" * 60))
    other, _secret = hook(sink, name="Abgeschaltet")
    world.ticket(world.customer())
    world.relay()

    def off() -> None:
        row = db.session.get_one(Webhook, other.id)
        row.is_active, row.off_at, row.trouble, row.failing_since = False, clock.now(), "refused", clock.now()

    run_unit(off)
    return made


@pytest.mark.parametrize(("theme", "width"), [("dark", 1280), ("light", 360)])
def test_the_pages_are_accessible_and_fit(
    visit: Visit, admin: Person, webhook: Webhook, theme: str, width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = visit(admin, theme=theme, width=width, bypass_csp=True)
    place, found = f"/admin/webhooks/{webhook.id}", []
    for path in ("/admin/webhooks", "/admin/webhooks/new", place, f"{place}/edit", f"{place}/remove"):
        page.goto(path)
        for details in page.locator("main details").all():
            details.locator("summary").click()
        result = axe.run(page, options={"runOnly": {"type": "tag", "values": RULES}})
        found += [
            f"{path}: {wrong['id']} {wrong['nodes'][0]['target']}" for wrong in result.response["violations"]
        ]
        found += [f"{path}: scrolls sideways"] if page.evaluate(WIDER) > 0 else []
    assert found == []


def test_a68_what_a_receiver_says_runs_nowhere(visit: Visit, admin: Person, webhook: Webhook) -> None:
    page = visit(admin)
    page.goto(f"/admin/webhooks/{webhook.id}")
    assert page.title() != "x"
    page.locator("main details summary").first.click()
    assert "<script>document.title" in page.locator("main details code").first.inner_text()
    page.get_by_role("button", name="Versuch senden").click()
    page.get_by_role("heading", name="Der Versuch ist nicht angekommen").wait_for()
    assert page.title() != "x"
