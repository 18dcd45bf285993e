"""`flask user`: the first administrator, passwords from the shell, the list."""

from __future__ import annotations

import contextvars
from typing import Any

import pytest

from app.accounts import proofs
from app.accounts.queries import find_by_email, leaders_of_team, members_of_team
from app.accounts.words import Role
from app.core.db import db
from tests.support.accounts import ANOTHER, PASSWORD, give_password, reload


@pytest.fixture
def shell(world):
    def run(*words: str, typed: str | None = None) -> Any:
        db.session.rollback()
        runner = world.app.test_cli_runner()
        answer = contextvars.Context().run(runner.invoke, args=["user", *words], input=typed)
        db.session.rollback()
        return answer

    return run


def test_the_first_administrator_comes_in_by_a_one_time_link(world, shell):
    answer = shell("create", "petra.admin@firma.example", "--role", "admin", "--link")
    assert answer.exit_code == 0
    person = find_by_email("petra.admin@firma.example")
    assert (person.role, person.full_name, person.password_hash) == (Role.ADMIN, "Petra Admin", "")
    link = answer.output.rpartition("one-time link: http://localhost")[2].strip()
    browser = world.browser()
    assert "Passwort festlegen" in browser.get(link).text
    assert browser.post(link, {"password": PASSWORD}).status_code == 303
    assert proofs.of_address(person.email, PASSWORD).is_right


def test_a_password_is_asked_for_twice_or_read_from_standard_input(world, shell):
    typed = f"{PASSWORD}\n{PASSWORD}\n"
    assert (
        shell("create", "mia@firma.example", "--first-name", "Mia", "--last-name", "M", typed=typed).exit_code
        == 0
    )
    piped = shell("password", "mia@firma.example", "--password-stdin", typed=f"{ANOTHER}\n")
    assert piped.exit_code == 0
    assert ANOTHER not in piped.output
    assert proofs.of_address("mia@firma.example", ANOTHER).is_right


def test_agents_join_the_named_or_the_default_team(world, shell):
    other = world.make_team("Einkauf")
    shell("create", "a@firma.example", "--role", "support_agent", "--level", "3", "--link")
    shell("create", "b@firma.example", "--role", "team_leader", "--team", "Einkauf", "--link")
    agent, leader = find_by_email("a@firma.example"), find_by_email("b@firma.example")
    assert agent.support_level == 3
    assert agent.id in {one.id for one in members_of_team(world.team.id)}
    assert leaders_of_team(other.id) == [leader.id]


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        (("create", "kein", "--link"), None, "email"),
        (("create", "x@firma.example", "--role", "boss"), None, "boss"),
        (
            ("create", "x@firma.example", "--role", "support_agent", "--team", "Nirgends", "--link"),
            None,
            "Nirgends",
        ),
        (("create", "x@firma.example", "--password-stdin"), "kurz\n", "8 characters"),
        (("create", "schon@firma.example", "--link"), None, "already"),
        (("password", "niemand@firma.example", "--link"), None, "niemand@firma.example"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(world, shell, words, typed, said):
    world.customer(email="schon@firma.example")
    answer = shell(*words, typed=typed)
    assert answer.exit_code != 0
    assert said in answer.output
    assert "Traceback" not in answer.output
    assert find_by_email("x@firma.example") is None


def test_a_link_for_somebody_who_forgot(world, shell):
    mia = give_password(world.customer())
    link = shell("password", mia.email, "--link").output.rpartition("http://localhost")[2].strip()
    assert link.startswith("/auth/password/reset/")
    assert reload(mia).password_hash


def test_the_list_is_complete_and_says_who_is_shut_out(world, shell):
    for n in range(55):
        world.customer(last_name=f"Kunde{n:03d}")
    world.agent(last_name="Agentin", is_active=False)
    plain, everybody = shell("list").output, shell("list", "--all").output
    assert plain.count("customer") == 110  # role and address of each
    assert "(deactivated)" not in plain
    assert "support_agent L2" in everybody and "(deactivated)" in everybody
    assert shell("list", "--role", "admin").output == ""


def test_people_come_from_a_file_and_a_second_time_nothing_changes(world, shell, tmp_path):
    file = tmp_path / "leute.csv"
    file.write_text("E-Mail;Nachname;Rolle\na@firma.example;Alt;\nkaputt;X;\n", encoding="utf-8")
    tried = shell("import", str(file), "--dry-run")
    assert tried.exception is None, repr(tried.exception)
    assert tried.output.splitlines()[-1] == "created 1, updated 0, unchanged 0, refused 1"
    assert find_by_email("a@firma.example") is None
    done = shell("import", str(file))
    assert done.exit_code == 1 and "line 3: refused: E-mail address" in done.output
    assert done.output.splitlines()[-1] == "created 1, updated 0, unchanged 0, refused 1"
    again = shell("import", str(file))
    assert again.output.splitlines()[-1] == "created 0, updated 0, unchanged 1, refused 1"
    file.write_bytes(b"PK\x03\x04")
    assert "workbook" in shell("import", str(file)).output
