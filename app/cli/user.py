"""`flask user create|password|list`: accounts from the command line, among them the first administrator."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click
from flask.cli import AppGroup
from pydantic import ValidationError

from app.accounts import passwords, search, staffing, tokens
from app.accounts.actions import changing_password, people, resetting
from app.accounts.actors import SHELL
from app.accounts.queries import find_by_email, team_choices
from app.accounts.schemas import NewPerson, PeopleFilter
from app.accounts.words import Role
from app.core import language
from app.core.errors import HouseError, Invalid
from app.core.schema import sentences
from app.core.uow import run_unit

user = AppGroup("user", help="Create accounts, set passwords, list people.")
FROM_STDIN = "Read the password from standard input instead of asking."


@user.command("create")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.CUSTOMER.value)
@click.option("--level", type=click.IntRange(1, 4), default=1, help="Support level of an agent.")
@click.option("--first-name", default="", help="Taken from the address when left out.")
@click.option("--last-name", default="", help="Taken from the address when left out.")
@click.option("--team", "teams", multiple=True, help="Name of a team; may be given several times.")
@click.option("--language", type=click.Choice(["de", "en"]), default="de")
@click.option(
    "--link", is_flag=True, help="Print a one-time link to set the password instead of asking for one."
)
@click.option("--password-stdin", is_flag=True, help=FROM_STDIN)
def create(email: str, link: bool, password_stdin: bool, **said: Any) -> None:
    """Make an account for EMAIL."""
    language.set_language("en")
    command = _new_person(email, said, send_welcome=link)
    own_words = [command.first_name, command.last_name, email]
    password_hash = "" if link else _new_password(password_stdin, own_words)
    _told(lambda: _make(command, password_hash))
    click.echo(f"created {email} ({command.role})")
    if link:
        _print_link(email)


@user.command("password")
@click.argument("email")
@click.option("--link", is_flag=True, help="Print a one-time link instead of asking for the password.")
@click.option("--password-stdin", is_flag=True, help=FROM_STDIN)
def password(email: str, link: bool, password_stdin: bool) -> None:
    """Set a new password for EMAIL; every sign-in of this person ends."""
    language.set_language("en")
    if find_by_email(email) is None:
        raise click.ClickException(f"nobody has the address {email}")
    if link:
        _told(lambda: _send_link(email))
        _print_link(email)
        return
    password_hash = _new_password(password_stdin, [email])
    _told(lambda: _set(email, password_hash))
    click.echo(f"password of {email} is set")


@user.command("list")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=None)
@click.option("--all", "everybody", is_flag=True, help="Deactivated people as well.")
def list_people(role: str | None, everybody: bool) -> None:
    """Print people by name: id, role, address, name."""
    wanted = PeopleFilter(role=Role(role) if role else None, active="all" if everybody else "yes")
    while True:
        found = search.people(SHELL, wanted)
        for row in found.rows:
            grade = f"{row.role} L{row.support_level}" if row.support_level else str(row.role)
            state = "" if row.is_active else "  (deactivated)"
            click.echo(f"{row.id:>6}  {grade:<17}  {row.email:<40}  {row.full_name}{state}")
        if found.next_cursor is None:
            return
        wanted = wanted.model_copy(update={"cursor": found.next_cursor})


def _make(command: NewPerson, password_hash: str) -> None:
    made = people.create(command, how="shell", actor=SHELL)
    if password_hash:
        changing_password.set_by_shell(made, password_hash, actor=SHELL)


def _set(email: str, password_hash: str) -> None:
    found = find_by_email(email)
    if found is not None:
        changing_password.set_by_shell(found, password_hash, actor=SHELL)


def _send_link(email: str) -> None:
    found = find_by_email(email)
    if found is not None:
        resetting.send_reset(found, how="by_staff", actor=SHELL)


def _print_link(email: str) -> None:
    found = find_by_email(email)
    link = tokens.open_link_of(found.id, *tokens.SETS_PASSWORD) if found else None
    click.echo(f"one-time link: {link}")


def _names(email: str, first: str, last: str) -> tuple[str, str]:
    """Names as given, or made of the address: ``mia.muster@…`` is Mia Muster."""
    parts = [part.capitalize() for part in email.partition("@")[0].replace("_", ".").split(".") if part]
    return first or (parts[0] if parts else ""), last or (parts[-1] if parts else "")


def _team_ids(wanted: Sequence[str], role: Role) -> list[int]:
    """Teams by name; agents and leaders without any join the default team, or they would see no ticket."""
    if not wanted and role in (Role.SUPPORT_AGENT, Role.TEAM_LEADER):
        return [staffing.default_team().id]
    known = {name: team_id for team_id, name in team_choices(SHELL)}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise click.ClickException(f"no team is called {unknown[0]}; there are: {', '.join(known)}")
    return [known[name] for name in wanted]


def _new_person(email: str, said: dict[str, Any], *, send_welcome: bool) -> NewPerson:
    role = Role(said["role"])
    first, last = _names(email, said["first_name"], said["last_name"])
    try:
        return NewPerson(
            first_name=first,
            last_name=last,
            email=email,
            role=role,
            support_level=said["level"] if role is Role.SUPPORT_AGENT else 0,
            team_ids=_team_ids(said["teams"], role),
            language=said["language"],
            send_welcome=send_welcome,
        )
    except ValidationError as error:
        raise click.ClickException(_words(sentences(error))) from error


def _new_password(from_stdin: bool, own_words: list[str]) -> str:
    if from_stdin:
        typed = sys.stdin.readline().rstrip("\n")
    else:
        typed = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    weak = passwords.weaknesses(typed, own_words)
    if weak:
        raise click.ClickException(" ".join(weak))
    return passwords.hashed(typed)


def _told(work: Any) -> None:
    """Run a unit; a refusal becomes one line and exit status 1."""
    try:
        run_unit(work)
    except Invalid as refusal:
        raise click.ClickException(_words(refusal.problems)) from refusal
    except HouseError as refusal:
        raise click.ClickException(refusal.message or refusal.word) from refusal


def _words(problems: dict[str, list[str]]) -> str:
    return " ".join(
        f"{name}: {' '.join(texts)}" if name else " ".join(texts) for name, texts in problems.items()
    )
