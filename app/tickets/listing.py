"""What may be asked of a list of tickets: views, filters, orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from app.core.paging import MAX_CURSOR, damaged_cursor, read_cursor, write_cursor
from app.core.schema import Command, Id, Maybe, OptionalId
from app.sla.words import ClockState
from app.tickets.schemas import TagName
from app.tickets.words import Channel, Priority, Status

ROWS = 50
MAX_ROWS = 100


class View(StrEnum):
    """The lists everybody has. Those of TEAM_VIEWS show the viewer's teams, the others whatever the viewer may see."""

    MINE = "mine"
    WAITING_FOR_ME = "waiting_for_me"
    OPEN = "open"
    UNASSIGNED = "unassigned"
    OVERDUE = "overdue"
    AT_RISK = "at_risk"
    WAITING_FOR_CUSTOMER = "waiting_for_customer"
    RESOLVED = "resolved"
    ALL_ACTIVE = "all_active"
    DRAFTS = "drafts"
    WATCHED = "watched"


TEAM_VIEWS = frozenset(
    {View.OPEN, View.UNASSIGNED, View.OVERDUE, View.AT_RISK, View.WAITING_FOR_CUSTOMER, View.RESOLVED}
)
BY_RECENCY = frozenset({None, View.RESOLVED, View.DRAFTS, View.WATCHED})


class Sort(StrEnum):
    """Orders of a list; a leading minus means the newest first."""

    DUE = "due_at"
    RECENT = "-updated_at"
    CREATED = "created_at"
    NEWEST = "-created_at"
    PRIORITY = "priority"


@dataclass(frozen=True, slots=True)
class Order:
    """The columns of a sort key (the id comes last, in the same direction) and how a cursor carries them."""

    columns: tuple[str, ...]
    descending: bool = False

    def written(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """A key as texts and numbers."""
        return tuple(v.isoformat() if isinstance(v, datetime) else v for v in values)

    def read(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """A key from its texts and numbers.

        Raises:
            Invalid: not a key of this order.
        """
        return tuple(
            moment(v) if name.endswith("_at") else v
            for name, v in zip((*self.columns, "id"), values, strict=True)
        )

    @property
    def types(self) -> tuple[type, ...]:
        return (*(str if name.endswith("_at") else int for name in self.columns), int)


ORDERS: dict[Sort, Order] = {
    Sort.DUE: Order(("due_at",)),
    Sort.RECENT: Order(("updated_at",), descending=True),
    Sort.CREATED: Order(("created_at",)),
    Sort.NEWEST: Order(("created_at",), descending=True),
    Sort.PRIORITY: Order(("urgency", "due_at")),
}


def moment(text: str) -> datetime:
    """An aware moment out of a cursor.

    Raises:
        Invalid: not one of ours.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise damaged_cursor() from error
    if found.tzinfo is None:
        raise damaged_cursor()
    return found


def _in_utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Moment = Annotated[datetime, AfterValidator(_in_utc)]


class QueueQuery(Command):
    """A list as its address names it."""

    view: Maybe[View] = None
    status: list[Status] = Field(default_factory=list, max_length=len(Status))
    priority: list[Priority] = Field(default_factory=list, max_length=len(Priority))
    team: OptionalId = None
    category: OptionalId = None
    assignee: Maybe[Literal["me", "none"] | Id] = None
    requester: OptionalId = None
    tag: Maybe[TagName] = None
    channel: Maybe[Channel] = None
    sla: Maybe[ClockState] = None
    created_after: Maybe[Moment] = None
    created_before: Maybe[Moment] = None
    updated_after: Maybe[Moment] = None
    sort: Maybe[Sort] = None
    cursor: str = Field("", max_length=MAX_CURSOR)
    limit: int = Field(ROWS, ge=1, le=MAX_ROWS)

    @property
    def sorted_by(self) -> Sort:
        """The order asked for, or the one the view comes in."""
        return self.sort or (Sort.RECENT if self.view in BY_RECENCY else Sort.DUE)

    @property
    def order(self) -> Order:
        return ORDERS[self.sorted_by]

    def place(self) -> tuple[bool, tuple[Any, ...] | None]:
        """Whether the cursor leads backwards, and the key it stands at (None at the beginning).

        Raises:
            Invalid: the cursor is damaged or belongs to another order.
        """
        if not self.cursor:
            return False, None
        direction, (sort, *key) = read_cursor(self.cursor, str, *self.order.types)
        if sort != self.sorted_by:
            raise damaged_cursor()
        return direction == "p", self.order.read(tuple(key))

    def cursor_at(self, direction: Literal["n", "p"], key: tuple[Any, ...]) -> str:
        """A cursor of this list that stands at a key."""
        return write_cursor(direction, self.sorted_by.value, *self.order.written(key))
