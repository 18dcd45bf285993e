"""The documents tell what is there: tables agree with the code, links lead somewhere, both READMEs say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.accounts import permissions
from app.accounts.words import Role
from app.core.text import fold
from app.sla.policies import DEFAULT_TARGETS
from app.tickets.choosing import LEVEL_FOR
from app.tickets.priority import WORDS
from app.tickets.words import Priority
from tests.architecture.source import ROOT

pytestmark = pytest.mark.sqlite_only
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
COLUMNS = (Role.CUSTOMER, Role.SUPPORT_AGENT, Role.TEAM_LEADER, Role.ADMIN)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"(?:app|tests|tools|docs|deploy|migrations|bench|\.ci)/[\w./-]*")
COMMAND = re.compile(r"\bflask (?:--app app )?((?!db\b)[a-z]+(?: (?:[a-z]+))?)")
# Made while running, or told as an example.
NOT_IN_THE_TREE = ("migrations/versions",)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rows(name: str, first: str) -> list[list[str]]:
    """The rows of the table whose head begins with these words, as cells."""
    lines = text(name).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {first} |"))
    found = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip().strip("|").split("|")])
    return found


def dead_links(path: Path) -> Iterator[str]:
    """Links of a document that lead to no file."""
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:", "mailto:")) and not (path.parent / target).exists():
            yield f"{path.name}: {target}"


def dead_paths(path: Path) -> Iterator[str]:
    """Files of the tree that a document names and that are not there."""
    for code in CODE.findall(path.read_text(encoding="utf-8")):
        for named in PATH.findall(code):
            if re.search(r"[*<…]", code) or named.startswith(NOT_IN_THE_TREE):
                continue
            if not (ROOT / named.rstrip("/.")).exists():
                yield f"{path.name}: {named}"


def missing_commands(path: Path, app: Flask) -> Iterator[str]:
    """Commands a document names and the shell does not have."""
    for words in COMMAND.findall(path.read_text(encoding="utf-8")):
        group, _space, verb = words.partition(" ")
        command = app.cli.commands.get(group)
        inner = getattr(command, "commands", None)
        if command is None or (inner is not None and verb and verb not in inner):
            yield f"{path.name}: flask {words}"


def test_the_table_of_rights_is_that_of_the_code() -> None:
    told = {}
    for permission, _what, *marks in rows("docs/roles.md", "Permission"):
        told[permission.strip("`")] = {role for role, mark in zip(COLUMNS, marks, strict=True) if mark}
    assert told == {name: set(roles) for name, roles in permissions.TABLE.items()}
    for level, extra in permissions.EXTRA_BY_LEVEL.items():
        for name in extra:
            assert re.search(rf"`{re.escape(name)}` (from|at) level {level}\b", text("docs/roles.md"))


def test_the_words_of_priorities_are_those_of_the_code() -> None:
    told = {row[0].strip("`"): row[1].split(", ") for row in rows("docs/priority.md", "Priority | Words")}
    assert told == {str(priority): list(words) for priority, words in WORDS.items()}
    assert all(fold(word) == word for words in WORDS.values() for word in words)


@pytest.mark.parametrize("name", ["README.md", "README.de.md", "docs/priority.md"])
def test_the_promised_times_are_those_of_the_code(name: str) -> None:
    first = {
        "README.md": "Priority | First",
        "README.de.md": "Priorität | Erst",
        "docs/priority.md": "Priority | First",
    }
    lines = text(name).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {first[name]}"))
    for line, (priority, targets) in zip(lines[start + 2 :], DEFAULT_TARGETS.items(), strict=False):
        assert priority in line
        hours = [int(number) for number in re.findall(r"(\d+) (?:h|Std\.)", line)]
        assert hours == [targets.response.total_seconds() / 3600, targets.resolution.total_seconds() / 3600]
        level = re.search(r"level (\d)", line)
        assert not level or int(level[1]) == LEVEL_FOR[Priority(priority)]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_and_paths_lead_somewhere(path: Path) -> None:
    assert [*dead_links(path), *dead_paths(path)] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_a_document_names_exists(path: Path, app: Flask) -> None:
    assert list(missing_commands(path, app)) == []


def test_both_readmes_have_the_same_parts() -> None:
    english, german = text("README.md"), text("README.de.md")
    for mark in (r"^## ", r"^```sh$", r"^- \*\*", r"^\| "):
        assert len(re.findall(mark, english, re.M)) == len(re.findall(mark, german, re.M)), mark
    assert re.findall(
        r"^\./deploy\.sh[^#\n]*|^flask .*|^celery .*", english.replace("you@", "sie@"), re.M
    ) == re.findall(r"^\./deploy\.sh[^#\n]*|^flask .*|^celery .*", german, re.M)
    assert LINK.findall(english)[1:] == LINK.findall(german)[1:]


def test_the_first_two_commands_of_the_readme_are_those_that_are_promised() -> None:
    commands = re.findall(r"```sh\n(.*?)```", text("README.md"), re.S)[0].splitlines()
    assert commands[0].startswith("git clone")
    assert commands[1] == "./deploy.sh local deploy"
    assert "./deploy.sh local test" in text("README.md")


def test_the_licence_is_there() -> None:
    assert text("LICENSE").startswith("MIT License\n\nCopyright (c) 2026 The Helpdesk authors\n")


def test_a_dead_link_a_dead_path_and_a_missing_command_are_found(tmp_path: Path, app: Flask) -> None:
    planted = tmp_path / "planted.md"
    planted.write_text(
        "[x](nowhere.md), `app/nowhere.py`, run `flask dance` or `flask user sing`\n", encoding="utf-8"
    )
    assert len(list(dead_links(planted))) == 1
    assert len(list(dead_paths(planted))) == 1
    assert len(list(missing_commands(planted, app))) == 2
