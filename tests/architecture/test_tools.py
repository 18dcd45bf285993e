"""The checkers that other people wrote agree: ruff, mypy, bandit and djlint; each is shown a mistake as well."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

pytestmark = pytest.mark.sqlite_only
TOOLS = Path(sys.executable).parent


def run(tool: str, *arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a checker of the virtual environment.

    Args:
        folder: where it runs.
    """
    command = [str(TOOLS / tool), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def hooks() -> dict[str, list[str]]:
    """The checks of the repository's commit hooks: name of the tool → its arguments."""
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    commands = [line.split() for line in re.findall(r"entry: \.venv/bin/(.+)", text)]
    return {" ".join(command[:2]) if command[0] == "ruff" else command[0]: command for command in commands}


def test_the_hooks_of_a_commit_are_all_known() -> None:
    assert set(hooks()) == {"ruff format", "ruff check", "mypy", "lint-imports", "djlint", "bandit"}


@pytest.mark.parametrize(
    ("tool", "more"),
    [
        ("ruff format", ["--check", "."]),
        ("ruff check", ["."]),
        ("mypy", []),
        ("djlint", ["--quiet"]),
        ("bandit", []),
    ],
)
def test_a_tool_finds_nothing(tool: str, more: list[str]) -> None:
    done = run(*hooks()[tool], *more)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    """A folder with our rules and nothing else."""
    (tmp_path / "pyproject.toml").write_text(
        (ROOT / "pyproject.toml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    return tmp_path


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("import os", "F401"),
        ("assert True", "S101"),
        ("from datetime import datetime\nnow = datetime.now()", "DTZ005"),
        ("def f(x=[]): return x", "B006"),
        ("breakpoint()", "T100"),
        ("x = 1  # noqa: S101", "RUF100"),
        ("y = '" + "x" * 130 + "'", "E501"),
    ],
)
def test_ruff_sees_a_planted_mistake(bench: Path, line: str, rule: str) -> None:
    (bench / "planted.py").write_text(line + "\n", encoding="utf-8")
    done = run("ruff", "check", "--no-cache", ".", folder=bench)
    assert done.returncode == 1
    assert rule in done.stdout


def test_ruff_sees_planted_untidiness(bench: Path) -> None:
    (bench / "planted.py").write_text("x = { 'a':1 }\n", encoding="utf-8")
    assert run("ruff", "format", "--no-cache", "--check", ".", folder=bench).returncode == 1


@pytest.mark.parametrize(
    "line", ["def f(x): return x", "def f(x: int) -> str:\n    return x", "def f(x: list) -> None: ..."]
)
def test_mypy_sees_a_planted_mistake(bench: Path, line: str) -> None:
    (bench / "planted.py").write_text(line + "\n", encoding="utf-8")
    rules = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", "/dev/null", "--no-site-packages"]
    done = run("mypy", *rules, "--strict", "planted.py", folder=bench)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "planted.py" in done.stdout


@pytest.mark.parametrize("line", ["eval(input())", "import subprocess\nsubprocess.call('ls', shell=True)"])
def test_bandit_sees_a_planted_mistake(bench: Path, line: str) -> None:
    (bench / "planted.py").write_text(line + "\n", encoding="utf-8")
    assert run("bandit", "-q", "-c", "pyproject.toml", "-r", ".", folder=bench).returncode == 1


@pytest.mark.parametrize("line", ["<p><b>open</p>", '<a href="/x" href="/y">x</a>'])
def test_djlint_sees_a_planted_mistake(bench: Path, line: str) -> None:
    (bench / "planted.html").write_text(line + "\n", encoding="utf-8")
    assert run("djlint", "--lint", ".", "--quiet", folder=bench).returncode == 1
