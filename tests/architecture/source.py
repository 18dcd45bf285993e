"""The product's source as the laws read it: modules with their names, functions, imports and calls."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One Python file.

    Args:
        name: dotted name as it is imported.
        path: where it lies, relative to the tree it was read from.
        text: its source.
    """

    name: str
    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def package(self) -> str:
        """The part of ``app`` it belongs to: a room, a floor, a kind of door."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else ""

    def functions(self) -> Iterator[tuple[str, Function]]:
        """Every function with its name inside the module, methods and inner functions included."""
        yield from _functions(self.tree, "")

    def public(self) -> Iterator[Function]:
        """The functions other modules may call."""
        for node in self.tree.body:
            if isinstance(node, Function) and not node.name.startswith("_"):
                yield node


def _functions(node: ast.AST, outer: str) -> Iterator[tuple[str, Function]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            yield outer + child.name, child
        named = isinstance(child, Function | ast.ClassDef)
        yield from _functions(child, f"{outer}{child.name}." if named else outer)


def module(name: str, text: str) -> Module:
    """A module that exists only in a test."""
    return Module(name, name.replace(".", "/") + ".py", text)


def modules(root: Path = ROOT, folder: str = "app") -> list[Module]:
    """Every Python file below a folder, sorted by path."""
    return list(_read(root, folder)) if root == ROOT else _found(root, folder)


@cache
def _read(root: Path, folder: str) -> tuple[Module, ...]:
    """The tree does not change while it is tested, so it is read and parsed once."""
    return tuple(_found(root, folder))


def _found(root: Path, folder: str) -> list[Module]:
    found = []
    for path in sorted((root / folder).rglob("*.py")):
        relative = path.relative_to(root)
        parts = relative.with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append(Module(name, str(relative), path.read_text(encoding="utf-8")))
    return found


def rooms(root: Path = ROOT) -> list[str]:
    """The packages of ``app`` that hold Python files."""
    return sorted(path.parent.name for path in (root / "app").glob("*/__init__.py"))


def calls(node: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call below a node with what is called, written out (``db.session.add``)."""
    for child in ast.walk(node):
        if isinstance(child, ast.Call):
            yield ast.unparse(child.func), child


def copy_of_the_tree(target: Path) -> Path:
    """A copy of the code that tools read, to plant violations in; returns its root."""
    shutil.copytree(
        ROOT / "app",
        target / "app",
        ignore=shutil.ignore_patterns("static", "templates", "translations", "__pycache__"),
    )
    for name in ("config.py", ".importlinter", "pyproject.toml"):
        shutil.copy(ROOT / name, target / name)
    return target


def plant(root: Path, path: str, text: str) -> None:
    """Write a file into a copy; adds to what is there already."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    file.write_text(before + text, encoding="utf-8")
