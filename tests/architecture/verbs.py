"""Which functions change something, told from the source: by themselves, or through whom they call."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from tests.architecture.source import Function, Module

WRITES = frozenset(
    {
        *("db.session.add", "db.session.add_all", "db.session.delete", "db.session.merge"),
        *("sa.insert", "sa.update", "sa.delete", "rows_changed", "record"),
    }
)


@dataclass
class Verb:
    """A function at the top of a module and what its text tells about it."""

    module: Module
    function: Function
    calls: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        return f"{self.module.name}.{self.function.name}"

    @property
    def is_public(self) -> bool:
        return not self.function.name.startswith("_")

    @property
    def is_in_actions(self) -> bool:
        return self.module.name.split(".")[2:3] == ["actions"]

    @cached_property
    def marks(self) -> list[ast.expr]:
        return [d for d in self.function.decorator_list if ast.unparse(d).split("(")[0].endswith("action")]

    @property
    def is_marked(self) -> bool:
        return bool(self.marks)

    @property
    def silence(self) -> str | None:
        """The reason given for recording nothing; None when it does record."""
        for mark in self.marks:
            if isinstance(mark, ast.Call):
                reasons = [word.value for word in mark.keywords if word.arg == "silent"]
                return str(ast.literal_eval(reasons[0])) if reasons else ""
        return None

    @property
    def parameters(self) -> list[str]:
        arguments = self.function.args
        return [one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]

    def writes_itself(self) -> bool:
        """Whether its own lines change rows."""
        for node in ast.walk(self.function):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in WRITES:
                return True
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            if isinstance(node, ast.Assign | ast.AugAssign) and any(map(_sets_attribute, targets)):
                return True
        return False


def _sets_attribute(target: ast.AST | None) -> bool:
    if isinstance(target, ast.Tuple):
        return any(map(_sets_attribute, target.elts))
    return isinstance(target, ast.Attribute) and ast.unparse(target.value) not in ("self", "g")


class House:
    """All functions of the tree and who calls whom.

    Args:
        found: the modules to read.
    """

    def __init__(self, found: Iterable[Module]) -> None:
        self.verbs: dict[str, Verb] = {}
        self._known: dict[str, bool] = {}
        read = list(found)
        for one in read:
            for node in one.tree.body:
                if isinstance(node, Function):
                    made = Verb(one, node)
                    self.verbs[made.name] = made
        names = {one.name for one in read}
        for one in read:
            imported = dict(_imported(one, names))
            for verb in (v for v in self.verbs.values() if v.module is one):
                verb.calls = set(_named(verb.function, one, imported)) & set(self.verbs)
        self.callers_of_modules = {
            one.name: set(_named(one.tree, one, dict(_imported(one, names)))) for one in read
        }

    def writes(self, name: str) -> bool:
        """Whether a function changes something that no marked verb answers for."""
        if name not in self._known:
            self._known[name] = False  # ends circles
            verb = self.verbs[name]
            self._known[name] = verb.writes_itself() or any(
                self.writes(called) for called in verb.calls if not self.verbs[called].is_marked
            )
        return self._known[name]

    def callers(self, name: str) -> set[str]:
        """The modules that name a function."""
        return {module for module, named in self.callers_of_modules.items() if name in named}


def _imported(one: Module, names: set[str]) -> Iterator[tuple[str, str]]:
    """Local name → dotted name, for what a module imports from the tree."""
    for node in ast.walk(one.tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("app"):
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in names:
                    yield alias.asname or alias.name, alias.name


def _named(node: ast.AST, one: Module, imported: dict[str, str]) -> Iterator[str]:
    """Dotted names of the functions named below a node."""
    for child in ast.walk(node):
        if isinstance(child, ast.Name):
            yield imported.get(child.id, f"{one.name}.{child.id}")
        if isinstance(child, ast.Attribute):
            left = ast.unparse(child.value)
            if left in imported:
                yield f"{imported[left]}.{child.attr}"
