"""A form as it was sent: its values (kept for the next try), the command it makes, the problems it has."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from typing import Any, Generic, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import MultiDict

from app.core.language import _
from app.core.schema import sentence, sentences

C = TypeVar("C", bound=BaseModel)
OWN_FIELDS = frozenset({"csrf_token", "_once", "_method"})


class Form(Generic[C]):
    """Values and problems of one form.

    Args:
        values: what was typed, or what the thing has now for a form opened for editing.
    """

    def __init__(self, values: MultiDict[str, str] | Mapping[str, Any] | None = None) -> None:
        self._values: MultiDict[str, str] = _as_multi(values or {})
        self._problems: dict[str, list[str]] = {}
        self.command: C | None = None

    def value(self, name: str) -> str:
        return self._values.get(name, "")

    def values(self, name: str) -> list[str]:
        return self._values.getlist(name)

    def add(self, name: str, value: str) -> None:
        self._values.add(name, value)

    def errors(self, name: str) -> list[str]:
        return self._problems.get(name, [])

    @property
    def problems(self) -> list[tuple[str, str]]:
        return [(name, text) for name, texts in self._problems.items() for text in texts]

    @property
    def is_bad(self) -> bool:
        return bool(self._problems)

    def blame(self, problems: Mapping[str, list[str]]) -> None:
        """Add problems a room found."""
        for name, texts in problems.items():
            self._problems.setdefault(name, []).extend(texts)

    def parse(self, model: type[C]) -> C | None:
        """Make the command; None and problems when it cannot be made."""
        self._refuse_unwritable()
        raw: dict[str, Any] = {}
        for name in self._values:
            if name in OWN_FIELDS:
                continue
            field = model.model_fields.get(name)
            given = self._values.getlist(name)
            if field is not None and _is_list(field.annotation):
                raw[name] = [value for value in given if value != ""]
            elif len(given) > 1:
                self.blame({name: [_("This field was sent twice.")]})
            else:
                raw[name] = given[0]
        try:
            self.command = model.model_validate(raw)
        except ValidationError as error:
            self.blame(sentences(error))
        return None if self.is_bad else self.command

    def _refuse_unwritable(self) -> None:
        """Blame NUL bytes where they stand and go on without them: no database takes them to look a value up."""
        for name, texts in self._values.lists():
            if any("\x00" in text for text in texts):
                self.blame({name: [sentence({"type": "unwritable"})]})
                self._values.setlist(name, [text.replace("\x00", "") for text in texts])


def _as_multi(values: MultiDict[str, str] | Mapping[str, Any]) -> MultiDict[str, str]:
    if isinstance(values, MultiDict):
        return MultiDict(values)
    made: MultiDict[str, str] = MultiDict()
    for name, value in values.items():
        for one in value if isinstance(value, list | tuple | set | frozenset) else [value]:
            made.add(name, _as_text(one))
    return made


def _as_text(value: Any) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "true"
    return str(getattr(value, "value", value))


def _is_list(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin is typing.Annotated:
        return _is_list(get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        return any(_is_list(part) for part in get_args(annotation))
    return origin in (list, tuple, set, frozenset)
