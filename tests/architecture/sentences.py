"""Sentences of the product: where the source says them, and what the German catalogues make of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from app.web.kit.kept import Kept
from tests.architecture.source import ROOT, Module

PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]")
TELLERS = {
    "app.notifications.tellers",
    "app.notifications.mail_tellers",
    "app.notifications.schedule_tellers",
}
# Functions that say a sentence, and which of their arguments are (singular, plural, context).
SAYING: dict[str, tuple[int, int | None, int | None]] = {
    "_": (0, None, None),
    "gettext": (0, None, None),
    "plain_gettext": (0, None, None),
    "ngettext": (0, 1, None),
    "plain_ngettext": (0, 1, None),
    "pgettext": (1, None, 0),
    "plain_pgettext": (1, None, 0),
    "lazy_gettext": (0, None, None),
    "Lazy": (0, None, 1),
    "N_": (0, None, None),
    "refuse": (0, None, None),
    "say": (0, None, None),  # of the tellers only
}
# These name a sentence that is said later, by itself: nothing can be filled in.
LATER = frozenset({"lazy_gettext", "Lazy", "N_", "refuse"})
Key = tuple[str, str]  # context, sentence


@dataclass(frozen=True)
class Said:
    """A sentence in the source.

    Args:
        filled: names given for its placeholders; None when they cannot be told from the source.
    """

    where: str
    by: str
    sentence: str
    plural: str = ""
    context: str = ""
    filled: frozenset[str] | None = frozenset()

    @property
    def key(self) -> Key:
        return self.context, self.sentence

    @property
    def missing(self) -> set[str]:
        """Placeholders nobody fills, and fillings nobody shows."""
        wanted = placeholders(self.sentence) | placeholders(self.plural)
        if self.by in LATER:
            return wanted
        if self.filled is None or not self.sentence:
            return set()
        given = set(self.filled)
        if self.by.endswith("ngettext"):
            given |= {"num"}
            wanted |= {"num"}
        return wanted ^ given


@dataclass(frozen=True)
class Translated:
    """One entry of a catalogue."""

    area: str
    sentence: str
    plural: str
    context: str
    german: tuple[str, ...]

    @property
    def key(self) -> Key:
        return self.context, self.sentence


def placeholders(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text))


def in_code(found: Iterable[Module]) -> Iterator[Said]:
    """Sentences that Python says; one that is no constant has an empty text."""
    for one in found:
        for node in ast.walk(one.tree):
            if not isinstance(node, ast.Call):
                continue
            by = ast.unparse(node.func).rsplit(".", 1)[-1]
            if by not in SAYING or ast.unparse(node.func) not in (by, f"language.{by}"):
                continue
            if by == "say" and one.name not in TELLERS:
                continue
            words = [word for word in node.keywords if word.arg != "context"]
            given = [_constant(argument) for argument in node.args]
            context = next((_constant(word.value) for word in node.keywords if word.arg == "context"), "")
            names = None if any(word.arg is None for word in words) else frozenset(str(w.arg) for w in words)
            yield _said(f"{one.path}:{node.lineno}", by, given, names, context)


def _constant(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _constant(node.left), _constant(node.right)
        return left + right if left and right else ""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "N_":
        return _constant(node.args[0])
    return ""


def in_template(path: str, source: str) -> Iterator[Said]:
    """Sentences that a template says."""
    environment = Environment(
        autoescape=True, extensions=["jinja2.ext.i18n", Kept]
    )  # only parsed, never rendered
    environment.policies["ext.i18n.trimmed"] = True
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    for call in environment.parse(source).find_all(nodes.Call):
        by = getattr(call.node, "name", "")
        if by in SAYING:
            given = [_template_constant(argument) for argument in call.args]
            names = None if call.dyn_kwargs else frozenset(word.key for word in call.kwargs)
            yield _said(f"{path}:{call.lineno}", by, given, names)


def _template_constant(node: nodes.Node) -> str:
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        return node.value
    if isinstance(node, nodes.Add):
        return _template_constant(node.left) + _template_constant(node.right)
    return ""


def _said(where: str, by: str, given: list[str], names: frozenset[str] | None, context: str = "") -> Said:
    first, second, third = SAYING[by]

    def at(place: int | None) -> str:
        return given[place] if place is not None and place < len(given) else ""

    return Said(where, by, at(first), at(second), at(third) or context, names)


def templates(root: Path = ROOT) -> Iterator[tuple[str, str]]:
    """Every template with its path below the project."""
    for path in sorted((root / "app/templates").rglob("*.*")):
        yield str(path.relative_to(root)), path.read_text(encoding="utf-8")


def everything(found: Iterable[Module]) -> list[Said]:
    """All sentences of the product."""
    in_pages = (said for path, source in templates() for said in in_template(path, source))
    return [*in_code(found), *in_pages]


def read(area: str, text: bytes) -> list[Translated]:
    """The entries of one catalogue."""
    made = []
    for message in read_po(BytesIO(text), locale="de"):
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        german = [message.string] if isinstance(message.string, str) else list(message.string)
        plural = ids[1] if len(ids) > 1 else ""
        made.append(Translated(area, ids[0], plural, message.context or "", tuple(german)))
    return made


def catalogues(root: Path = ROOT) -> list[Translated]:
    """The entries of all catalogues."""
    paths = sorted((root / "app/translations/de").glob("*.po"))
    return [entry for path in paths for entry in read(path.stem, path.read_bytes())]
