"""What a customer wants to hear of: the page their mails lead to."""

from __future__ import annotations

from typing import Any

from app.core.db import db
from app.notifications import places
from app.notifications.models import TurnedOff

PAGE = "/portal/notifications"


def turned_off() -> set[tuple[str, str]]:
    db.session.rollback()
    return {(row.topic.value, row.way.value) for row in db.session.query(TurnedOff)}


def test_the_page_of_the_mails_lets_customers_choose(world: Any) -> None:
    assert places.preferences(is_staff=False) == f"http://localhost{PAGE}"
    phone = world.browser(world.customer())
    page = phone.get(PAGE).get_data(as_text=True)
    assert page.count('type="checkbox"') == page.count(" checked>") == 2
    assert "Ein Ticket wird mir zugewiesen" not in page
    assert phone.post(PAGE, {"on": ["received.email"]}).status_code == 303
    assert turned_off() == {("progress", "email")}
    page = phone.get(PAGE).get_data(as_text=True)
    assert "Ihre Auswahl ist gespeichert." in page and page.count(" checked>") == 1
    assert phone.post(PAGE, {"on": ["received.email", "progress.email"]}).status_code == 303
    assert turned_off() == set()


def test_staff_choose_where_all_occasions_stand(world: Any) -> None:
    answer = world.browser(world.agent()).get(PAGE)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/tickets/inbox/settings")


def test_what_nobody_may_turn_off_is_refused(world: Any) -> None:
    phone = world.browser(world.customer())
    phone.get(PAGE)
    assert phone.post(PAGE, {"on": ["nonsense"]}).status_code in (303, 422)
    assert phone.post(PAGE, {"off": "reply.email"}).status_code == 422
    assert ("reply", "email") not in turned_off()
