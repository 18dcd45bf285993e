"""What must not be written anywhere: work left undone, the workshop's own words, addresses of strangers."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

pytestmark = pytest.mark.sqlite_only
LEFT_OUT = re.compile(
    r"^(app/static/vendor/|tests/mail/samples/|docs/screenshots/|requirements(-dev)?\.txt$|LICENSE$)"
    r"|^tests/architecture/test_word_rules\.py$"
)
TEXT = {
    ".py",
    ".html",
    ".jinja",
    ".text",
    ".txt",
    ".css",
    ".js",
    ".po",
    ".md",
    ".toml",
    ".yaml",
    ".yml",
    ".sh",
    ".in",
}
NAMED = {".env.example", ".importlinter", ".gitignore", ".editorconfig", "run", "deploy.sh"}
UNDONE = re.compile(r"\b(TODO|FIXME|XXX|HACK|WIP)\b|(?<!\w)(lorem ipsum|coming soon)\b", re.IGNORECASE)
# The project speaks of itself alone: not of where and from what it was made, nor of where packages are fetched.
WORKSHOP = re.compile(
    r"/work/|/root/|\.\./shared|\bshared/(?:spec|design|hooks|mail-samples)"
    r"|\b(?:product|ui|api|baseline|abuse-cases|fault-cases)\.md\b|\bimportlinter\.ini\b"
    r"|\bissues? #?\d+\b|\bsub-?agents?\b|\bClaude Code\b|Co-Authored-By"
    r"|pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|proxy\.golang\.org|--(?:extra-)?index-url"
)
FOREIGN = re.compile(r"""(?:https?:)?//(?!www\.w3\.org/)(?:[\w-]+\.)+[a-z]{2,}""", re.IGNORECASE)


def texts(root: Path = ROOT) -> Iterator[tuple[str, str]]:
    """Every text file that belongs to the project."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in sorted(filter(None, listed.split("\0"))):
        path = root / name
        if LEFT_OUT.search(name) or not path.is_file():
            continue
        if path.suffix in TEXT or path.name in NAMED:
            yield name, path.read_text(encoding="utf-8")


def lines_with(pattern: re.Pattern[str], name: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        found = pattern.search(line)
        if found:
            yield f"{name}:{number} {found[0]}"


def strangers(name: str, text: str) -> Iterator[str]:
    """Addresses a browser would fetch from somebody else."""
    if name.startswith(("app/static/", "app/templates/")):
        yield from lines_with(FOREIGN, name, re.sub(r"\{#.*?#\}|/\*.*?\*/", "", text, flags=re.DOTALL))


def test_nothing_is_left_undone() -> None:
    assert [line for name, text in texts() for line in lines_with(UNDONE, name, text)] == []


def test_the_project_speaks_of_itself_alone() -> None:
    assert [line for name, text in texts() for line in lines_with(WORKSHOP, name, text)] == []


def test_browsers_fetch_nothing_from_strangers() -> None:
    assert [line for name, text in texts() for line in strangers(name, text)] == []


@pytest.mark.parametrize("line", ["# TODO: later", "/* FIXME */", "x = 1  # xxx"])
def test_undone_work_is_found(line: str) -> None:
    assert list(lines_with(UNDONE, "app/planted.py", line))


@pytest.mark.parametrize(
    "line",
    [
        "see /work/main/app",
        "as ../shared/spec/x says",
        "(product.md §1)",
        "closes issue #3",
        "a sub-agent wrote this",
        "pip install --index-url x",
        "https://files.pythonhosted.org/packages",
    ],
)
def test_words_of_the_workshop_are_found(line: str) -> None:
    assert list(lines_with(WORKSHOP, "app/planted.py", line))


@pytest.mark.parametrize(
    "line", ["a session of its own", "docs/roles.md", "API.md", "an issued token", "workday"]
)
def test_ordinary_words_pass(line: str) -> None:
    assert list(lines_with(WORKSHOP, "app/planted.py", line)) == []


@pytest.mark.parametrize(
    "line",
    [
        '<script src="https://cdn.example.com/x.js">',
        '<link href="//fonts.example.com/x.css">',
        "@import url(https://example.com/x.css);",
        'fetch("https://example.com")',
    ],
)
def test_an_address_of_a_stranger_is_found(line: str) -> None:
    assert list(strangers("app/static/css/planted.css", line))


def test_own_addresses_pass() -> None:
    fine = (
        '<svg xmlns="http://www.w3.org/2000/svg"><a href="/tickets"> {# https://example.com #} // a comment'
    )
    assert list(strangers("app/templates/planted.html", fine)) == []
