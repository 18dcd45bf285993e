"""Pages about people who come from Microsoft: the runs, the record that is only read, the command."""

from __future__ import annotations

import contextvars
from typing import Any

import pytest

from app.accounts.queries import find_by_email
from app.core.db import db
from app.jobs import directory
from tests.support.accounts import reload
from tests.support.tenant import Tenant


@pytest.fixture
def firm(tenant: Tenant) -> Tenant:
    tenant.set_up(fetch_people=True)
    return tenant


def shell(firm: Tenant, *words: str) -> Any:
    db.session.rollback()
    runner = firm.world.app.test_cli_runner()
    answer = contextvars.Context().run(runner.invoke, args=["user", *words])
    db.session.rollback()
    return answer


def test_the_page_of_runs_says_what_they_brought_and_what_helps(firm: Tenant, statements) -> None:  # type: ignore[no-untyped-def]
    browser = firm.world.browser(firm.world.admin())
    assert "Noch wurde niemand geholt" in browser.get("/people/fetched").text
    directory.fetch()
    with statements() as seen:
        page = browser.get("/people/fetched").text
    assert "Zuletzt geholt" in page and "fertig" in page and "Jetzt abholen" in page
    assert len(seen) <= 5, seen
    firm.ms.grants_application = set()
    directory.fetch()
    assert "User.Read.All" in browser.get("/people/fetched").text
    assert browser.post("/people/fetched").status_code == 303


def test_without_the_switch_nothing_is_fetched(tenant: Tenant) -> None:
    browser = tenant.world.browser(tenant.world.admin())
    assert "ausgeschaltet" in browser.get("/people/fetched").text
    assert browser.post("/people/fetched").status_code == 409
    assert shell(tenant, "fetch").exit_code == 1
    assert "/people/fetched" not in browser.get("/people").text


@pytest.mark.parametrize("who", ["customer", "agent", "leader"])
def test_runs_are_for_administrators(firm: Tenant, who: str) -> None:
    browser = firm.world.browser(getattr(firm.world, who)())
    assert browser.get("/people/fetched").status_code == 403
    assert browser.post("/people/fetched").status_code == 403


def test_a_person_shows_manager_department_and_where_they_come_from(firm: Tenant) -> None:
    carla, lena = firm.ms.people["customer"], firm.ms.people["leader"]
    firm.ms.change(carla, manager=lena.object_id)
    directory.fetch()
    found = find_by_email(carla.upn)
    assert found is not None
    browser = firm.world.browser(firm.world.admin())
    page = browser.get(f"/people/{found.id}").text
    assert all(word in page for word in ("Vertrieb", lena.name, "Kommt von Microsoft", carla.upn))
    assert "Diese Angaben kommen von Microsoft" in browser.get(f"/people/{found.id}/edit").text


def test_the_own_record_is_read_only_where_the_directory_keeps_it(firm: Tenant) -> None:
    directory.fetch()
    found = find_by_email(firm.ms.people["customer"].upn)
    assert found is not None
    browser = firm.world.browser(found)
    page = browser.get("/auth/profile").text
    assert page.count(" readonly") >= 4 and "werden dort geändert" in page
    form = {
        "version": str(found.version), "first_name": found.first_name, "last_name": found.last_name,
        "phone": found.phone, "company": found.company, "department": found.department,
        "position": found.position, "employee_number": found.employee_number or "",
        "language": "en", "time_zone": "Europe/Vienna",
    }  # fmt: skip
    assert browser.post("/auth/profile", form | {"department": "Vorstand"}).status_code == 422
    assert browser.post("/auth/profile", form | {"street_address": "Am Weg 1"}).status_code == 303
    found = reload(found)
    assert (found.language, found.street_address, found.department) == ("en", "Am Weg 1", "Vertrieb")


def test_the_command_fetches_and_says_what_it_did(firm: Tenant) -> None:
    done = shell(firm, "fetch")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("created ") and "passed over 2" in done.output
    firm.ms.grants_application = set()
    refused = shell(firm, "fetch")
    assert refused.exit_code == 1 and "User.Read.All" in refused.output
