"""People from a file: what a line may do to whom, and what no line may."""

from __future__ import annotations

from functools import partial

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts import import_queries, mailboxes, people_files
from app.accounts.actions import importing, sweeping
from app.accounts.actors import SHELL
from app.accounts.import_models import ImportLine, PeopleImport
from app.accounts.import_words import ImportState, Verdict
from app.accounts.models import Person
from app.accounts.queries import find_by_email, members_of_team
from app.accounts.words import Role
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import run_unit
from app.jobs import people as jobs
from tests.support.accounts import facts, reload
from tests.support.world import World


def look_at(text: str, actor: Actor = SHELL, **wishes: bool) -> PeopleImport:
    """A file somebody looks at."""
    file = people_files.read(text.encode())
    lines = import_queries.judged(file, actor, close_missing=wishes.get("close_missing", False))
    keep = partial(importing.keep, file, lines, "leute.csv", importing.Wishes(**wishes), actor=actor)
    return run_unit(keep)


def bring(text: str, actor: Actor = SHELL, **wishes: bool) -> PeopleImport:
    """A file that is taken in."""
    made = look_at(text, actor, **wishes)
    run_unit(partial(importing.start, made.id, actor=actor))
    assert not jobs.work_off(made.id)
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(PeopleImport, made.id)


def numbers(done: PeopleImport) -> tuple[int, int, int, int]:
    return done.created, done.updated, done.unchanged, done.refused


def line_of(done: PeopleImport, number: int = 2) -> ImportLine:
    return db.session.scalars(
        sa.select(ImportLine).where(ImportLine.import_id == done.id, ImportLine.number == number)
    ).one()


def person(address: str) -> Person:
    found = find_by_email(address)
    assert found is not None
    return reload(found)


def test_the_same_file_twice_changes_nobody_the_second_time(world: World) -> None:
    world.organisation("Musterwerk")
    text = (
        "E-Mail;Vorname;Nachname;Organisation;Personalnummer;Sprache;Vorgesetzte(r)\n"
        "a@firma.example;Anna;Alt;Musterwerk;7;en;b@firma.example\nb@firma.example;Bert;Boss;;8;;\n"
    )
    first = bring(text)
    assert numbers(first) == (2, 0, 0, 0)
    anna = person("a@firma.example")
    assert (anna.language, anna.employee_number, anna.manager_id) == ("en", "7", person("b@firma.example").id)
    assert anna.role is Role.CUSTOMER and anna.organisation_id is not None and anna.verified_at is None
    told = len(facts("person.changed"))
    assert numbers(bring(text)) == (0, 0, 2, 0)
    assert len(facts("person.changed")) == told


def test_an_empty_cell_keeps_what_is_there(world: World) -> None:
    mia = world.customer(email="mia@firma.example", phone="1", department="Einkauf")
    assert numbers(bring("E-Mail;Telefon;Abteilung\nmia@firma.example;2;\n")) == (0, 1, 0, 0)
    mia = reload(mia)
    assert (mia.phone, mia.department) == ("2", "Einkauf")
    assert facts("person.changed")[-1].items() >= {"fields": ["phone"], "how": "import"}.items()


def test_a_further_address_finds_its_person(world: World) -> None:
    mia = world.customer(email="mia@firma.example")
    world.further(mia, "mia@privat.example")
    assert numbers(bring("E-Mail;Telefon\nMIA@privat.example;2\n")) == (0, 1, 0, 0)
    assert reload(mia).phone == "2"


def test_a_file_promotes_and_demotes_nobody(world: World) -> None:
    agent, mia = world.agent(email="a@firma.example"), world.customer(email="m@firma.example")
    done = bring("E-Mail;Rolle;Telefon\na@firma.example;Kunde;5\nm@firma.example;Administrator;5\n")
    assert numbers(done) == (0, 2, 0, 0)
    assert (reload(agent).role, reload(mia).role) == (Role.SUPPORT_AGENT, Role.CUSTOMER)
    assert "Rolle" in str(line_of(done, 3).notes) or "role" in str(line_of(done, 3).notes)


def test_new_staff_belong_to_the_default_team_and_only_who_may_gives_roles(world: World) -> None:
    text = "E-Mail;Vorname;Nachname;Rolle;Stufe\na@firma.example;A;B;Agent;3\n"
    lea = look_at(text, world.actor(world.leader()))
    assert import_queries.counts(lea.id)[Verdict.NEW] == 1
    agent = look_at(text, world.actor(world.agent()))
    assert import_queries.counts(agent.id)[Verdict.REFUSED] == 1
    bring(text)
    made = person("a@firma.example")
    assert (made.role, made.support_level) == (Role.SUPPORT_AGENT, 3)
    assert made.id in {one.id for one in members_of_team(world.team.id)}


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("kein-name@firma.example;;;;;", "Name fehlt"),
        ("a@firma.example;A;B;Nirgends;;", "Nirgends"),
        ("a@firma.example;A;B;;77;", "Personalnummer"),
        ("a@firma.example;A;B;;;a@firma.example", "Führungskraft"),
        ("a@firma.example;A;B;;;x@firma.example", "x@firma.example"),
        ("help@firma.example;A;B;;;", "Postfach"),
        ("a@firma.example;A;B;;;;zu;viel", "Zellen"),
        ("a@firma@x;A;B;;;", "E-Mail-Adresse"),
    ],
)
def test_a_line_that_cannot_be_is_refused_with_its_reason(world: World, line: str, word: str) -> None:
    mailboxes.also("test", lambda: ("help@firma.example",))
    world.customer(employee_number="77")
    heads = "E-Mail;Vorname;Nachname;Organisation;Personalnummer;Vorgesetzte(r)"
    done = bring(f"{heads}\n{line}\n")
    mailboxes.also("test", tuple)
    assert numbers(done) == (0, 0, 0, 1)
    number, reason, _given = import_queries.refused(done.id)[0]
    assert number == 2 and word in reason


def test_somebody_who_stands_twice_counts_once(world: World) -> None:
    mia = world.customer(email="mia@firma.example")
    world.further(mia, "mia@privat.example")
    done = bring("E-Mail;Telefon\nmia@firma.example;1\nmia@privat.example;2\nMia@Firma.example;3\n")
    assert numbers(done) == (0, 1, 0, 2)
    assert reload(mia).phone == "1"


def test_nobody_is_deactivated_unless_it_was_asked_for(world: World) -> None:
    bring("E-Mail;Nachname\na@firma.example;A\nb@firma.example;B\n")
    bring("E-Mail;Nachname;Aktiv\na@firma.example;A;nein\n")
    assert person("a@firma.example").is_active and person("b@firma.example").is_active


def test_who_came_from_a_file_and_is_missing_goes_and_comes_back(world: World) -> None:
    admin = world.actor(world.admin())
    by_hand = world.customer(email="hand@firma.example")
    everybody = ("a@firma.example;A;", "b@firma.example;B;", "c@firma.example;C;Agent", "d@firma.example;D;")
    bring("\n".join(("E-Mail;Nachname;Rolle", *everybody)))
    text = "E-Mail;Nachname;Aktiv\na@firma.example;A;ja\nd@firma.example;D;nein\n"
    seen = look_at(text, admin, close_missing=True)
    count, named = import_queries.to_close(seen, 10)
    assert (count, {one.full_name for one in named}) == (2, {"B", "D"})
    done = bring(text, admin, close_missing=True)
    assert done.closed == 2
    active = {key: person(f"{key}@firma.example").is_active for key in "abcd"}
    assert active == {"a": True, "b": False, "c": True, "d": False}
    assert reload(by_hand).is_active and facts("person.deactivated")[-1]["how"] == "import"
    assert numbers(bring("E-Mail;Nachname\nb@firma.example;B\n")) == (0, 1, 0, 0)
    assert person("b@firma.example").is_active and facts("person.activated")[-1]["how"] == "import"


def test_somebody_deactivated_by_hand_stays_so(world: World) -> None:
    mia = world.customer(email="mia@firma.example", is_active=False)
    done = bring("E-Mail;Telefon;Aktiv\nmia@firma.example;1;ja\n")
    assert numbers(done) == (0, 1, 0, 0) and not reload(mia).is_active
    assert line_of(done).notes


@pytest.mark.parametrize("bad", ["kaputt;B", "b@firma.example;" + "x" * 100])
def test_a_refused_line_deactivates_nobody_it_may_mean(world: World, bad: str) -> None:
    bring("E-Mail;Nachname\na@firma.example;A\nb@firma.example;B\n")
    done = bring(f"E-Mail;Nachname\na@firma.example;A\n{bad}\n", close_missing=True)
    assert (done.refused, done.closed) == (1, 0)
    assert person("b@firma.example").is_active


def test_the_own_record_is_nobodys_file(world: World) -> None:
    admin = world.admin(email="ich@firma.example", phone="1")
    done = bring("E-Mail;Telefon\nich@firma.example;2\n", world.actor(admin))
    assert numbers(done) == (0, 0, 0, 1) and reload(admin).phone == "1"


def test_who_lost_the_right_meanwhile_imports_nobody(world: World) -> None:
    admin = world.admin()
    made = look_at("E-Mail;Nachname\na@firma.example;A\n", world.actor(admin))
    run_unit(partial(importing.start, made.id, actor=world.actor(admin)))
    demote = sa.update(Person).where(Person.id == admin.id).values(is_active=False)
    run_unit(lambda: db.session.execute(demote))
    assert not jobs.work_off(made.id)
    db.session.expire_all()
    assert find_by_email("a@firma.example") is None
    assert db.session.get_one(PeopleImport, made.id).refused == 1


def test_welcome_mails_go_to_new_people_only(world: World) -> None:
    world.customer(email="alt@firma.example")
    bring("E-Mail;Nachname\nalt@firma.example;X\nneu@firma.example;Y\n", send_welcome=True)
    assert len(facts("person.welcomed")) == 1


def test_somebody_who_appears_between_preview_and_import_is_brought_up_to_date(world: World) -> None:
    made = look_at("E-Mail;Nachname;Telefon\nneu@firma.example;Neu;7\n")
    mia = world.customer(email="neu@firma.example", last_name="Neu")
    run_unit(partial(importing.start, made.id, actor=SHELL))
    jobs.work_off(made.id)
    db.session.expire_all()
    assert numbers(db.session.get_one(PeopleImport, made.id)) == (0, 1, 0, 0)
    assert reload(mia).phone == "7"


def test_lines_are_forgotten_after_a_month_and_previews_after_a_day(world: World) -> None:
    done, seen = (
        bring("E-Mail;Nachname\na@firma.example;A\n"),
        look_at("E-Mail;Nachname\nb@firma.example;B\n"),
    )
    assert run_unit(sweeping.forget_files) == 0
    with time_machine.travel(clock.now().replace(year=clock.now().year + 1), tick=False):
        assert run_unit(sweeping.forget_files) == 2
    db.session.expire_all()
    assert db.session.get(PeopleImport, seen.id) is None
    kept = db.session.get_one(PeopleImport, done.id)
    assert (kept.state, kept.created) == (ImportState.DONE, 1)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ImportLine)) == 0
