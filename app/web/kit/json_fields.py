"""Answers cut down to the fields somebody wants (``fields``), or with what stands beside a thing (``expand``).

A query that is ``Sparse`` lets its answer be cut down, or each row of it where it is a list: nothing more has to be
done for it. What may be expanded says the answer (``Answer.expandable``); the view of an ``Expanding`` query fills it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, get_args

from pydantic import BaseModel, StringConstraints

from app.core.errors import Invalid
from app.core.language import _
from app.core.schema import Command
from app.web.kit.json_answers import Answer
from app.web.kit.json_lists import Listing

ALWAYS = "id"
Names = Annotated[str, StringConstraints(max_length=1000, pattern=r"^[a-z0-9_]+(,[a-z0-9_]+)*$")]


class Sparse(Command):
    """A query whose answer may be cut down; ``fields`` are names with commas between them."""

    fields: Names = ""


class Expanding(Command):
    """A query whose answer may hold more; ``expand`` are names with commas between them."""

    expand: Names = ""


def row_of(shape: type[BaseModel]) -> type[BaseModel]:
    """The shape whose fields are meant: that of a list's rows, or the answer's own."""
    if not issubclass(shape, Listing):
        return shape
    row: type[BaseModel] = get_args(shape.model_fields["results"].annotation)[0]
    return row


def fields_of(shape: type[BaseModel]) -> list[str]:
    """The fields an answer of this shape may be cut down to."""
    row = row_of(shape)
    return [name for name in row.model_fields if name not in expandable_of(row)]


def expandable_of(shape: type[BaseModel]) -> frozenset[str]:
    """What an answer of this shape may be asked to hold."""
    return shape.expandable if issubclass(shape, Answer) else frozenset()


def expanded(query: Expanding, shape: type[Answer]) -> frozenset[str]:
    """What is to stand inside the answer.

    Raises:
        Invalid: something that cannot stand there.
    """
    return _named(query.expand, shape.expandable, "expand")


def kept(answer: Answer, query: BaseModel | None) -> dict[str, Any] | None:
    """What is left of an answer, in pydantic's words; None for all of it.

    Raises:
        Invalid: fields are wanted that whoever asks does not get.
    """
    if not isinstance(query, Sparse) or not query.fields:
        return None
    shape = type(answer)
    row = dict.fromkeys({ALWAYS, *_named(query.fields, fields_of(shape), "fields")}, True)
    if not isinstance(answer, Listing):
        return row | dict.fromkeys(answer.expandable, True)
    return dict.fromkeys(Listing.model_fields, True) | {"results": {"__all__": row}}


def _named(text: str, known: Collection[str], parameter: str) -> frozenset[str]:
    names = frozenset(text.split(",")) if text else frozenset()
    unknown = sorted(names - set(known))
    if unknown:
        raise Invalid({parameter: [_("There is no “%(name)s” here.", name=name) for name in unknown]})
    return names
