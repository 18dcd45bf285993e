"""Migrations: from nothing to the models on every engine, there and back, and without knowing any room."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, Module, module, modules
from tests.support import servers

# What a step may import: it has to run for ever, whatever becomes of the code.
IMPORTS = {"sqlalchemy", "alembic", "sqlalchemy.dialects", "datetime", "json", "__future__"}
PLANT = """
import sqlalchemy as sa
from app.core.db import db
sa.Table("planted", db.metadata, sa.Column("id", sa.Integer, primary_key=True))
"""


PROGRAM = """
import sys
{before}
from flask.cli import main
for words in {commands!r}:
    print("flask db", words, flush=True)
    sys.argv = ["flask", "--app", "app", "db", *words.split()]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
"""


def knowing(found: Iterable[Module]) -> Iterator[str]:
    """Steps that depend on code which will change."""
    for one in found:
        for node in ast.walk(one.tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            yield from (f"{one.path} imports {name}" for name in names if name not in IMPORTS)


def one_way(found: Iterable[Module]) -> Iterator[str]:
    """Steps without a number, or without a way back."""
    for one in found:
        functions = {function.name: function for function in one.public()}
        back = functions.get("downgrade")
        leads_back = back is not None and [ast.unparse(line) for line in back.body] != ["pass"]
        if "upgrade" not in functions or not leads_back or not Path(one.path).name[:4].isdigit():
            yield one.path


def steps() -> list[Module]:
    return modules(folder="migrations/versions")


@pytest.fixture
def database(engine_name: str, tmp_path: Path) -> str:
    """An empty database of this engine."""
    if engine_name == "sqlite":
        return f"sqlite:///{tmp_path / 'migrated.db'}"
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return servers.create_database(servers.shared(engine_name), f"migrated_{worker}")


class Shell:
    """`flask db …` against one database."""

    def __init__(self, url: str, folder: Path) -> None:
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        secret = {"SECRET_KEY": "only-for-migrations-in-tests-0123456789"}
        self.environment = (
            keep | secret | {"DATABASE_URL": url, "DATA_DIR": str(folder), "LOG_LEVEL": "ERROR"}
        )

    def run(self, *commands: str, before: str = "") -> str:
        """Run ``flask db`` with each of these commands until one fails; returns what all of them said.

        Args:
            before: Python that runs first, in the same process.

        Raises:
            AssertionError: one failed; the text ends with what it said.
        """
        program = PROGRAM.format(before=before, commands=commands)
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(done.stdout[-4000:])
        return done.stdout


@pytest.fixture
def shell(database: str, tmp_path: Path) -> Shell:
    return Shell(database, tmp_path)


def test_the_steps_make_what_the_models_say_there_and_back_again(shell: Shell) -> None:
    shell.run("upgrade", "upgrade", "check", "downgrade base", "upgrade", "check")


def test_a_table_without_a_step_is_found(shell: Shell) -> None:
    with pytest.raises(AssertionError, match="planted"):
        shell.run("upgrade", "check", before=PLANT)


@pytest.mark.sqlite_only
def test_there_is_one_line_of_steps() -> None:
    revisions, befores = [], []
    for step in steps():
        values = {
            ast.unparse(node.targets[0]): ast.literal_eval(node.value)
            for node in step.tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        }
        revisions.append(values["revision"])
        befores.append(values["down_revision"])
    assert len(revisions) == len(set(revisions)) >= 1
    assert sorted(befores, key=str) == sorted([None, *revisions[:-1]], key=str)


@pytest.mark.sqlite_only
def test_steps_know_no_room() -> None:
    assert list(knowing(steps())) == []


@pytest.mark.sqlite_only
def test_steps_are_numbered_and_lead_back() -> None:
    assert list(one_way(steps())) == []


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "line", ["from app.tickets.models import Ticket", "import app.core.db", "def f():\n    import app"]
)
def test_a_step_that_knows_a_room_is_found(line: str) -> None:
    assert list(knowing([module("migrations.versions.0002_planted", line + "\n")]))


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("0002_planted", "def upgrade(): op.f()\n"),
        ("0002_planted", "def upgrade(): op.f()\ndef downgrade():\n    pass\n"),
        ("planted", "def upgrade(): op.f()\ndef downgrade(): op.g()\n"),
    ],
)
def test_a_step_without_number_or_way_back_is_found(name: str, text: str) -> None:
    assert list(one_way([Module(name, f"migrations/versions/{name}.py", text)]))
