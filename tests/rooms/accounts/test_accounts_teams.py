"""Teams, organisations, people known by their mail, and names for other rooms."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.accounts.access import (
    organisation_for,
    team_for,
)
from app.accounts.actions import (
    by_mail,
    organisations,
    teams,
)
from app.accounts.actors import MAIL
from app.accounts.models import Person
from app.accounts.queries import (
    colleagues,
    leaders_of_team,
    names,
)
from app.accounts.schemas import (
    ChangeOrganisation,
    ChangeTeam,
    NewOrganisation,
    NewTeam,
)
from app.accounts.words import Role
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.uow import run_unit
from tests.support.accounts import facts, signed_in


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Mia Muster", "Mia", "Muster"),
        ("Muster, Mia", "Mia", "Muster"),
        ("Anna Maria von Muster", "Anna Maria von", "Muster"),
        ("Mia", "Mia", ""),
        ("", "", ""),
        ("mia@firma.example", "", ""),
        ("Mia\r\nBcc: x", "Mia Bcc:", "x"),
        ("'Mia Muster'", "Mia", "Muster"),
    ],
)
def test_people_made_by_mail_are_customers_without_a_password(world, name, first, last):
    made = run_unit(lambda: by_mail.find_or_create("Mia@firma.example", name, actor=MAIL))
    assert (made.first_name, made.last_name, made.role) == (first, last, Role.CUSTOMER)
    assert (made.password_hash, made.verified_at) == ("", None)
    assert run_unit(lambda: by_mail.find_or_create("mia@FIRMA.example", "Anders", actor=MAIL)).id == made.id
    assert len(facts("person.created")) == 1


def test_mail_from_nobody_makes_nobody(world):
    for address in ("", "kein", "a@b, c@d"):
        with pytest.raises(ValueError, match="address"):
            run_unit(lambda found=address: by_mail.find_or_create(found, "", actor=MAIL))


def test_names_come_with_one_statement_and_leave_out_nobody_else(world, statements):
    mia, anna = world.customer(first_name="Mia", last_name="Muster"), world.agent()
    with statements() as seen:
        found = names([mia.id, None, anna.id, mia.id, 987654])
    assert len(seen) == 1
    assert (found[mia.id].full_name, found[mia.id].initials, found[mia.id].is_staff) == (
        "Mia Muster",
        "MM",
        False,
    )
    assert set(found) == {mia.id, anna.id}
    assert names([]) == names([None]) == {}


def test_teams_are_set_up_by_administrators(world):
    admin, leader = signed_in(world.admin()), signed_in(world.leader())
    with pytest.raises(Forbidden):
        run_unit(lambda: teams.create(NewTeam(name="Einkauf"), actor=leader))
    made = run_unit(lambda: teams.create(NewTeam(name="Einkauf"), actor=admin))
    with pytest.raises(Invalid):
        run_unit(lambda: teams.create(NewTeam(name="Einkauf"), actor=admin))

    def change(team, **values):
        found = team_for(admin, team.id, lock=True)
        given = {name: getattr(found, name) for name in ChangeTeam.model_fields}
        return teams.change(found, ChangeTeam(**(given | values)), actor=admin)

    assert run_unit(lambda: change(made, name="Beschaffung")) == ["name"]
    assert run_unit(lambda: change(made)) == []
    with pytest.raises(Conflict):
        run_unit(lambda: change(made, version=1, name="Alt"))
    for team, values in (
        (world.team, {"is_default": False}),
        (world.team, {"is_active": False}),
        (made, {"is_default": True, "is_active": False}),
    ):
        with pytest.raises(Invalid):
            run_unit(lambda found=team, given=values: change(found, **given))
    run_unit(lambda: change(made, is_default=True))
    defaults = db.session.scalars(
        sa.select(Person.__table__.metadata.tables["team"].c.name).where(sa.text("is_default"))
    ).all()
    assert defaults == ["Beschaffung"]


def test_members_come_and_go(world):
    admin, anna, mia = signed_in(world.admin()), world.agent(teams=[]), world.customer()
    for leads in (False, False, True):
        run_unit(lambda found=leads: teams.add_member(world.team, anna.id, leads=found, actor=admin))
    assert anna.id in leaders_of_team(world.team.id)
    assert len(facts("team.member_added")) == 2
    for person_id in (mia.id, 987654):
        with pytest.raises(Invalid):
            run_unit(lambda found=person_id: teams.add_member(world.team, found, actor=admin))
    run_unit(lambda: teams.remove_member(world.team, anna.id, actor=admin))
    with pytest.raises(NotFound):
        run_unit(lambda: teams.remove_member(world.team, anna.id, actor=admin))


def test_organisations_have_one_name_each(world):
    admin, agent = signed_in(world.admin()), signed_in(world.agent())
    made = run_unit(lambda: organisations.create(NewOrganisation(name="Musterwerk"), actor=admin))
    run_unit(lambda: organisations.create(NewOrganisation(name="Nordlicht"), actor=admin))
    with pytest.raises(Invalid):
        run_unit(lambda: organisations.create(NewOrganisation(name="Musterwerk"), actor=admin))
    with pytest.raises(Forbidden):
        run_unit(lambda: organisations.create(NewOrganisation(name="Neu"), actor=agent))

    def rename(name, version):
        found = organisation_for(admin, made.id, lock=True)
        organisations.change(found, ChangeOrganisation(name=name, version=version), actor=admin)

    run_unit(lambda: rename("Musterwerk GmbH", 1))
    with pytest.raises(Conflict):
        run_unit(lambda: rename("Alt", 1))
    with pytest.raises(Invalid):
        run_unit(lambda: rename("Nordlicht", 2))
    with pytest.raises(NotFound):
        organisation_for(signed_in(world.customer()), made.id)


def test_colleagues_are_active_staff_by_name(world):
    anna = world.agent(last_name="Ärger")
    world.agent(is_active=False)
    world.customer()
    ben = world.agent(last_name="Zoll")
    assert [one.id for one in colleagues(signed_in(anna), but=None)] == [anna.id, ben.id]
    assert [one.id for one in colleagues(signed_in(anna), but=anna.id)] == [ben.id]
