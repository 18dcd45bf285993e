"""What the portal's forms and addresses carry."""

from __future__ import annotations

from typing import Annotated

from pydantic import EmailStr, Field

from app.core.schema import Command, Id, Lines, Maybe, OptionalId, Title
from app.tickets.schemas import Body
from app.tickets.words import Priority


class RequestForm(Command):
    """A new request as a customer writes it; the impact stands in for a priority."""

    title: Title
    description: Body
    impact: Priority
    category_id: OptionalId = None
    attachment_ids: list[Id] = Field(default_factory=list, max_length=50)
    follows: OptionalId = None


class ReplyForm(Command):
    """An answer of the requester's side."""

    body: Body
    attachment_ids: list[Id] = Field(default_factory=list, max_length=50)
    based_on: int | None = Field(None, ge=0)


class RatingForm(Command):
    score: int = Field(ge=1, le=5)
    comment: Annotated[Lines, Field(max_length=2000)] = ""


class RateQuery(Command):
    """The score a link of the mail names."""

    score: Maybe[int] = Field(None, ge=1, le=5)


class ParticipantForm(Command):
    email: EmailStr


class ListQuery(Command):
    """Which page of the own requests."""

    show: str = Field("all", pattern="^(all|active)$")
    cursor: str = Field("", max_length=500)


class NewQuery(Command):
    """How the form of a new request is opened."""

    category: OptionalId = None
    follows: Maybe[str] = None
    title: Annotated[str, Field(max_length=200)] = ""
