"""People fetched from Microsoft: who is made, changed, deactivated, and when nobody is."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
import time_machine

from app.accounts import keeping
from app.accounts.import_words import FetchState
from app.accounts.models import MicrosoftIdentity, Person, SignIn
from app.accounts.queries import find_by_email
from app.accounts.words import Role
from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.integrations import entra
from tests.support.accounts import facts, give_password, reload
from tests.support.directory import many, people_of, run
from tests.support.tenant import Tenant


def test_everybody_gets_an_account_with_what_the_directory_says(firm: Tenant) -> None:
    boss = firm.ms.people["leader"]
    firm.ms.change(firm.ms.people["customer"], manager=boss.object_id, phone="0911 1", employee_id="E-1")
    done = run()
    assert (done.state, done.created, done.closed) == (FetchState.DONE, len(people_of(firm)), 0)
    carla = find_by_email(firm.ms.people["customer"].upn)
    assert carla is not None
    assert (carla.role, carla.department, carla.phone, carla.employee_number) == (
        Role.CUSTOMER,
        "Vertrieb",
        "0911 1",
        "E-1",
    )
    lena = find_by_email(boss.upn)
    assert lena is not None and carla.manager_id == lena.id and carla.company == "Musterfirma"
    assert carla.avatar_sha256 and keeping.is_kept(carla.id)
    assert find_by_email(firm.ms.people["guest"].upn) is None
    assert find_by_email(firm.ms.people["disabled"].upn) is None
    assert {fact["how"] for fact in facts("person.created")} == {"entra"}


def test_a_second_run_changes_nobody(firm: Tenant) -> None:
    run()
    told = len(facts("person.changed"))
    again = run()
    assert (again.created, again.updated, again.unchanged) == (0, 0, len(people_of(firm)))
    assert len(facts("person.changed")) == told


def test_what_changed_there_changes_here_whoever_changed_it_here(firm: Tenant) -> None:
    run()
    carla = find_by_email(firm.ms.people["customer"].upn)
    assert carla is not None
    mine = {"department": "Meine Abteilung", "language": "en", "time_zone": "Europe/Vienna"}
    run_unit(lambda: db.session.execute(sa.update(Person).where(Person.id == carla.id).values(**mine)))
    firm.ms.change(firm.ms.people["customer"], surname="Neumann", job_title="Leiterin")
    assert run().updated == 1
    carla = reload(carla)
    assert (carla.last_name, carla.position, carla.department) == ("Neumann", "Leiterin", "Vertrieb")
    assert (carla.language, carla.time_zone) == ("en", "Europe/Vienna")
    assert facts("person.changed")[-1]["how"] == "entra"


def test_who_may_not_sign_in_there_any_more_is_deactivated_and_comes_back(firm: Tenant) -> None:
    run()
    carla = find_by_email(firm.ms.people["customer"].upn)
    assert carla is not None
    firm.world.browser(carla)
    firm.ms.disable(firm.ms.people["customer"])
    assert run().closed == 1
    assert not reload(carla).is_active
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SignIn)) == 0
    assert run().closed == 0
    firm.ms.change(firm.ms.people["customer"], enabled=True)
    assert run().reopened == 1
    assert reload(carla).is_active


def test_who_is_gone_from_the_directory_is_deactivated(firm: Tenant) -> None:
    run()
    carla = find_by_email(firm.ms.people["customer"].upn)
    assert carla is not None
    del firm.ms.people["customer"]
    assert run().closed == 1
    assert not reload(carla).is_active and facts("person.deactivated")[-1]["how"] == "entra"


def test_somebody_deactivated_here_by_hand_is_not_activated_by_a_run(firm: Tenant) -> None:
    run()
    carla = find_by_email(firm.ms.people["customer"].upn)
    assert carla is not None
    run_unit(
        lambda: db.session.execute(sa.update(Person).where(Person.id == carla.id).values(is_active=False))
    )
    assert run().reopened == 0
    assert not reload(carla).is_active


def test_the_last_active_administrator_stays_and_is_told_of_once(firm: Tenant) -> None:
    run()
    ada = find_by_email(firm.ms.people["admin"].upn)
    assert ada is not None
    run_unit(lambda: db.session.execute(sa.update(Person).where(Person.id == ada.id).values(role=Role.ADMIN)))
    firm.ms.disable(firm.ms.people["admin"])
    done = run()
    assert (done.state, done.trouble, done.closed) == (FetchState.DONE, "last_admin", 0)
    assert reload(ada).is_active
    run()
    assert len(facts("people.fetch_stopped")) == 1


def test_many_at_once_are_not_deactivated_until_somebody_looked(firm: Tenant) -> None:
    many(firm, 30)
    run()
    for n in range(12):
        del firm.ms.people[f"person{n}"]
    done = run()
    assert (done.state, done.trouble, done.closed) == (FetchState.STOPPED, "too_many_gone", 0)
    assert facts("people.fetch_stopped")[-1]["count"] == 12
    assert all(one.is_active for one in db.session.scalars(sa.select(Person)))
    assert run(even_many=True).closed == 12


def test_a_directory_without_anybody_deactivates_nobody(firm: Tenant) -> None:
    run()
    firm.ms.people.clear()
    assert (run().trouble, run().closed) == ("too_many_gone", 0)


def test_a_customer_with_the_sign_in_name_is_joined_and_staff_are_not(firm: Tenant) -> None:
    carla = firm.world.customer(email=firm.ms.people["customer"].upn)
    give_password(carla)
    anton = firm.world.agent(email=firm.ms.people["agent"].upn, department="Meine")
    run()
    theirs = set(db.session.scalars(sa.select(MicrosoftIdentity.person_id)))
    assert carla.id in theirs and anton.id not in theirs
    assert reload(carla).department == "Vertrieb" and reload(carla).password_hash
    assert reload(anton).department == "Meine"


def test_a_picture_is_asked_for_once_a_day_and_an_own_one_stays(firm: Tenant) -> None:
    run()
    carla, lena = (find_by_email(firm.ms.people[key].upn) for key in ("customer", "leader"))
    assert carla is not None and lena is not None
    own = "f" * 64
    run_unit(
        lambda: db.session.execute(sa.update(Person).where(Person.id == lena.id).values(avatar_sha256=own))
    )
    for key in ("customer", "leader"):
        firm.ms.change(firm.ms.people[key], department="Neu")
    asked = sum(one.path.endswith("/photo/$value") for one in firm.ms.log)
    run()
    assert sum(one.path.endswith("/photo/$value") for one in firm.ms.log) == asked
    with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
        entra.forget()
        run()
    assert sum(one.path.endswith("/photo/$value") for one in firm.ms.log) == asked + 2
    assert reload(lena).avatar_sha256 == own


def test_an_employee_number_of_somebody_else_is_left_out(firm: Tenant) -> None:
    firm.world.customer(employee_number="E-1")
    firm.ms.change(firm.ms.people["customer"], employee_id="E-1")
    assert run().state is FetchState.DONE
    carla = find_by_email(firm.ms.people["customer"].upn)
    assert carla is not None and carla.employee_number is None and carla.department == "Vertrieb"
    assert run().updated == 0


def test_a_manager_who_leaves_leaves_nobody_behind(firm: Tenant) -> None:
    firm.ms.change(firm.ms.people["customer"], manager=firm.ms.people["leader"].object_id)
    run()
    firm.ms.change(firm.ms.people["customer"], manager="")
    run()
    carla = find_by_email(firm.ms.people["customer"].upn)
    assert carla is not None and carla.manager_id is None
    assert facts("person.changed")[-1]["fields"] == ["manager"]


def test_who_signed_in_while_the_list_was_read_is_not_taken_for_gone(firm: Tenant) -> None:
    run()
    mia = firm.world.customer()
    row = MicrosoftIdentity(
        person_id=mia.id,
        tenant_id=firm.ms.tenant_id,
        object_id="x",
        linked_at=clock.now() + timedelta(minutes=1),
    )
    run_unit(lambda: db.session.add(row))
    assert run().closed == 0 and reload(mia).is_active
    earlier = sa.update(MicrosoftIdentity).where(MicrosoftIdentity.person_id == mia.id)
    run_unit(lambda: db.session.execute(earlier.values(linked_at=clock.now() - timedelta(days=1))))
    assert run().closed == 1
