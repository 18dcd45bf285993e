"""Floors look down, doors stay apart, rooms know neither the web nor the queue, and no import hides in a function."""

from __future__ import annotations

import ast
import configparser
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, Module, copy_of_the_tree, module, modules, plant, rooms

pytestmark = pytest.mark.sqlite_only
LINTER = str(Path(sys.executable).with_name("lint-imports"))
# Where an import may stand inside a function, and why.
ALLOWED_INSIDE = {
    "app.create_app": "importing the package must stay cheap for tools that only want one module",
    "app._is_shell": "as create_app, of which it is a part",
    "app._give_shell": "only the shell needs commands and migrations",
    "app.tables.load": "finds the rooms' tables by itself",
}
VENDORS = frozenset({"anthropic", "openai", "boto3", "botocore", "msal"})

# What is planted where, and the line in which import-linter names it.
PLANTED = [
    ("app/accounts/planted.py", "import app.tickets.words", "app.accounts.planted -> app.tickets.words"),
    ("app/core/planted.py", "import app.events.words", "app.core.planted -> app.events.words"),
    ("app/jobs/planted.py", "import app.web.kit.page", "app.jobs.planted -> app.web.kit.page"),
    ("app/sla/planted.py", "import flask", "app.sla.planted -> flask"),
    ("app/tickets/planted.py", "import werkzeug.exceptions", "app.tickets.planted -> werkzeug"),
    ("app/settings/planted.py", "import celery", "app.settings.planted -> celery"),
    ("app/events/planted.py", "import config", "app.events.planted -> config"),
    ("app/sla/queries.py", "import app.sla.actions.defaults", "app.sla.queries -> app.sla.actions.defaults"),
    ("app/tickets/access.py", "import app.tickets.queries", "app.tickets.access -> app.tickets.queries"),
    ("app/accounts/models.py", "import app.accounts.access", "app.accounts.models -> app.accounts.access"),
    ("app/web/health/planted.py", "import app.web.customer.home", "app.web.health.planted -> app.web.customer.home"),
    ("app/web/kit/planted.py", "import app.web.health.views", "app.web.kit.planted -> app.web.health.views"),
    ("app/web/health/planted.py", "import app.sla.models", "app.web.health.planted -> app.sla.models"),
    ("app/cli/planted.py", "import sqlalchemy", "app.cli.planted -> sqlalchemy"),
    ("app/jobs/planted.py", "import app.core.db", "app.jobs.planted -> app.core.db"),
    ("app/accounts/planted.py", "import app.integrations.http", "app.accounts.planted -> app.integrations.http"),
    ("app/cellar/__init__.py", '"""A room nobody placed."""', "app.cellar"),
    ("app/web/hatch/__init__.py", '"""A door nobody placed."""', "app.web.hatch"),
]  # fmt: skip


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on a tree."""
    command = [LINTER, "--no-cache", "--config", ".importlinter"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def hidden_imports(found: Iterable[Module]) -> Iterator[str]:
    """Imports inside functions, other than a vendor's kit in the constructor of its client."""
    for one in found:
        for name, function in one.functions():
            if f"{one.name}.{name}" in ALLOWED_INSIDE:
                continue
            for node in ast.walk(function):
                for target in _imported(node):
                    vendor = target.split(".")[0] in VENDORS
                    if not (vendor and one.package == "integrations" and name.endswith("__init__")):
                        yield f"{one.path}: {name} imports {target}"


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return ["." * node.level + (node.module or "")]
    if isinstance(node, ast.Call) and re.fullmatch(
        r"(importlib\.)?(import_module|__import__)", ast.unparse(node.func)
    ):
        return [ast.unparse(node.args[0]).strip("'\"")]
    return []


def vendor_imports(found: Iterable[Module]) -> Iterator[str]:
    """Vendors' kits that would be loaded by every process."""
    for one in found:
        for node in one.tree.body:
            for target in _imported(node):
                if target.split(".")[0] in VENDORS:
                    yield f"{one.path} imports {target}"


def placed() -> set[str]:
    """The floors import-linter knows."""
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    return set(re.findall(r"\w+", config["importlinter:contract:house"]["layers"]))


def test_the_tree_keeps_every_import_rule() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout[done.stdout.find("Contracts:") :] + done.stderr


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says of a copy of the tree with every violation planted at once."""
    tree = copy_of_the_tree(tmp_path_factory.mktemp("planted"))
    for path, line, _named in PLANTED:
        plant(tree, path, f"\n{line}\n")
    done = lint(tree)
    assert done.returncode == 1
    return done.stdout


@pytest.mark.parametrize(
    ("path", "line", "named"), PLANTED, ids=[f"{path} {line}" for path, line, _ in PLANTED]
)
def test_a_planted_import_is_found(report: str, path: str, line: str, named: str) -> None:
    assert re.search(rf"- +{re.escape(named)}\b", report), f"{line!r} in {path} went unseen"


def test_every_package_has_its_floor() -> None:
    assert set(rooms()) - placed() == set()


def test_a_package_without_a_floor_is_seen(tmp_path: Path) -> None:
    plant(tmp_path, "app/cellar/__init__.py", "")
    assert set(rooms(tmp_path)) - placed() == {"cellar"}


def test_no_import_hides_in_a_function() -> None:
    assert list(hidden_imports(modules())) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("app.tickets.queries", "def f():\n    from app.tickets import actions\n"),
        ("app.tickets.queries", "class A:\n    def f(self):\n        import os\n"),
        ("app.tickets.queries", "def f():\n    def g():\n        import os\n"),
        ("app.tickets.queries", "def f():\n    importlib.import_module('app.tickets.actions')\n"),
        ("app.tickets.queries", "def f():\n    import boto3\n"),
        ("app.integrations.claude", "def ask():\n    import anthropic\n"),
        ("app.integrations.claude", "class C:\n    def __init__(self):\n        import app.tickets\n"),
    ],
)
def test_a_hidden_import_is_found(name: str, text: str) -> None:
    assert list(hidden_imports([module(name, text)]))


def test_a_vendors_kit_may_be_imported_by_its_clients_constructor() -> None:
    text = "class Claude:\n    def __init__(self):\n        import anthropic\n"
    assert list(hidden_imports([module("app.integrations.claude", text)])) == []


def test_every_exception_still_exists() -> None:
    names = {f"{one.name}.{name}" for one in modules() for name, _function in one.functions()}
    assert set(ALLOWED_INSIDE) - names == set()


def test_vendors_kits_are_not_loaded_at_start() -> None:
    assert list(vendor_imports(modules())) == []


def test_a_vendors_kit_at_the_top_is_found() -> None:
    assert list(vendor_imports([module("app.integrations.claude", "from anthropic import Anthropic\n")]))
