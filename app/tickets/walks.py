"""Lists as walks: each walk follows one index in order and stops after a page; their heads are merged by key.

A walk's equalities and the order are served by its index, so it reads as many rows as it returns. What no index
serves (``rest``) is checked row by row: such walks stay inside a window whose end ``frontier`` finds beforehand.
Statements are built once for each shape and kept; only values travel with a request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from app.tickets.listing import Order
from app.tickets.models import Draft, Participant, Tag, Ticket, TicketTag, Watcher
from app.tickets.words import Phase

SET = 2000
_T = Ticket.__table__
Condition = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Walk:
    """One way to tickets in order; hashable, so that statements can be kept by it.

    Args:
        index: the index it follows.
        equal: columns with the names of the parameters they must equal ("" for NULL).
        also: conditions that bound the range or hardly ever leave out a row.
        rest: conditions that may leave out many rows.
        among: instead of an index, a small set of tickets it looks through.
    """

    index: str
    equal: tuple[tuple[str, str], ...] = ()
    also: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()
    among: str = ""

    @property
    def is_windowed(self) -> bool:
        return bool(self.rest) and not self.among


@dataclass(frozen=True, slots=True)
class Shape:
    """What the text of a statement depends on."""

    walks: tuple[Walk, ...]
    order: Order
    dialect: str
    backward: bool = False
    after: bool = False
    until: bool = False

    @property
    def descending(self) -> bool:
        return self.order.descending is not self.backward


def _many(column: Any, name: str) -> Condition:
    found: Condition = column.in_(sa.bindparam(name, expanding=True))
    return found


def _tagged() -> Condition:
    return sa.exists().where(
        TicketTag.ticket_id == _T.c.id, TicketTag.tag_id == Tag.id, Tag.name == sa.bindparam("tag")
    )


def _personal() -> tuple[Condition, ...]:
    me: sa.BindParameter[int] = sa.bindparam("me")
    watching = sa.exists().where(Watcher.ticket_id == _T.c.id, Watcher.person_id == me)
    return _T.c.assignee_id == me, _T.c.requester_id == me, watching


def _as_customer() -> Condition:
    me: sa.BindParameter[int] = sa.bindparam("me")
    participating = sa.exists().where(Participant.ticket_id == _T.c.id, Participant.person_id == me)
    of_organisation = _T.c.organisation_id == sa.bindparam("organisation")
    return sa.or_(_T.c.requester_id == me, participating, of_organisation)


# The parametric twins of access.visible_to; a property test holds the two together.
CONDITIONS: dict[str, Callable[[], Condition]] = {
    "seen_of_own": lambda: sa.or_(_many(_T.c.team_id, "teams"), *_personal()),
    "seen_of_all": lambda: sa.or_(sa.not_(_many(_T.c.team_id, "hidden")), *_personal()),
    "seen_as_customer": _as_customer,
    "not_hidden": lambda: sa.not_(_many(_T.c.team_id, "hidden")),
    "teams": lambda: _many(_T.c.team_id, "teams"),
    "alive": lambda: _T.c.phase != Phase.DELETED,
    "stages": lambda: _many(_T.c.stage, "stages"),
    "urgencies": lambda: _many(_T.c.urgency, "urgencies"),
    "sla": lambda: _T.c.sla_state == sa.bindparam("sla"),
    "team": lambda: _T.c.team_id == sa.bindparam("team"),
    "category": lambda: _T.c.category_id == sa.bindparam("category"),
    "channel": lambda: _T.c.channel == sa.bindparam("channel"),
    "assignee": lambda: _T.c.assignee_id == sa.bindparam("assignee"),
    "nobody": lambda: _T.c.assignee_id.is_(None),
    "requester": lambda: _T.c.requester_id == sa.bindparam("requester"),
    "tag": _tagged,
    "by_customer": lambda: _T.c.last_entry_by_customer.is_(True),
    "created_after": lambda: _T.c.created_at >= sa.bindparam("created_after"),
    "created_before": lambda: _T.c.created_at < sa.bindparam("created_before"),
    "updated_after": lambda: _T.c.updated_at >= sa.bindparam("updated_after"),
    "updated_since_created": lambda: _T.c.updated_at >= sa.bindparam("created_after"),
}


def _assigned(person: str) -> sa.Select[Any]:
    return sa.select(_T.c.id.label("ticket_id")).where(
        _T.c.assignee_id == sa.bindparam(person), _many(_T.c.phase, "phases")
    )


def _newest(query: sa.Select[Any], *order: Any) -> sa.Select[Any]:
    return query.order_by(*(column.desc() for column in order))


SETS: dict[str, Callable[[], sa.Select[Any]]] = {
    "drafts": lambda: _newest(
        sa.select(Draft.ticket_id).where(Draft.person_id == sa.bindparam("me")).distinct(), Draft.ticket_id
    ),
    "watched": lambda: _newest(
        sa.select(Watcher.ticket_id).where(
            Watcher.person_id == sa.bindparam("me"), _many(Watcher.phase, "phases")
        ),
        Watcher.ticket_id,
    ),
    "participating": lambda: _newest(
        sa.select(Participant.ticket_id).where(Participant.person_id == sa.bindparam("me")),
        Participant.ticket_id,
    ),
    "tagged": lambda: _newest(
        sa.select(TicketTag.ticket_id).join(Tag).where(Tag.name == sa.bindparam("tag")), TicketTag.ticket_id
    ),
    "assigned": lambda: _assigned("assignee"),
    "assigned_to_me": lambda: _assigned("me"),
    "requested": lambda: _by_recency("requester_id", "requester"),
    "requested_by_me": lambda: _by_recency("requester_id", "me"),
    "organisation": lambda: _by_recency("organisation_id", "organisation"),
}


def _by_recency(column: str, name: str) -> sa.Select[Any]:
    query = sa.select(_T.c.id.label("ticket_id")).where(_T.c[column] == sa.bindparam(name))
    return _newest(query, _T.c.updated_at, _T.c.id)


def _compare(columns: list[sa.ColumnElement[Any]], prefix: str, *, less: bool, or_equal: bool) -> Condition:
    """Row-value comparison written out, the only form MySQL turns into a range of a composite index."""
    column, *others = columns
    value = sa.bindparam(f"{prefix}_{len(others)}", type_=column.type)
    if not others:
        if less:
            return column <= value if or_equal else column < value
        return column >= value if or_equal else column > value
    further = column < value if less else column > value
    return sa.or_(further, sa.and_(column == value, _compare(others, prefix, less=less, or_equal=or_equal)))


def beyond(
    columns: list[sa.ColumnElement[Any]], prefix: str, *, shape: Shape, or_equal: bool, less: bool
) -> Condition:
    """Rows on one side of a key whose parts are the parameters prefix_n … prefix_0."""
    if shape.dialect in ("mysql", "mariadb"):
        return _compare(columns, prefix, less=less, or_equal=or_equal)
    names = range(len(columns) - 1, -1, -1)
    key = sa.tuple_(
        *(sa.bindparam(f"{prefix}_{n}", type_=c.type) for n, c in zip(names, columns, strict=True))
    )
    row = sa.tuple_(*columns)
    if less:
        return row <= key if or_equal else row < key
    return row >= key if or_equal else row > key


def key_params(prefix: str, key: Iterable[Any]) -> dict[str, Any]:
    """The parameters of a key for beyond()."""
    values = list(key)
    return {f"{prefix}_{len(values) - 1 - n}": value for n, value in enumerate(values)}


def _ordered(shape: Shape, columns: Iterable[Any]) -> list[Any]:
    return [column.desc() if shape.descending else column.asc() for column in columns]


def _key(shape: Shape, table: Any = _T) -> list[Any]:
    return [table.c[name] for name in (*shape.order.columns, "id")]


def _walk(walk: Walk, shape: Shape) -> sa.Select[Any]:
    key = _key(shape)
    query = sa.select(*key)
    if walk.among:
        members = SETS[walk.among]().limit(SET).subquery()
        query = query.select_from(members).join(_T, _T.c.id == members.c.ticket_id)
    else:
        query = query.with_hint(_T, f"FORCE INDEX ({walk.index})", "mysql")
    for column, name in walk.equal:
        query = query.where(_T.c[column] == sa.bindparam(name) if name else _T.c[column].is_(None))
    query = query.where(*(CONDITIONS[name]() for name in (*walk.also, *walk.rest)))
    if shape.after:
        query = query.where(beyond(key, "after", shape=shape, or_equal=False, less=shape.descending))
    if shape.until:
        query = query.where(beyond(key, "until", shape=shape, or_equal=True, less=not shape.descending))
    return query.order_by(*_ordered(shape, key))


def _merged(shape: Shape, heads: list[sa.Select[Any]], *, distinct: bool) -> sa.Select[Any]:
    if len(heads) == 1:
        return heads[0]
    union = sa.union if distinct else sa.union_all
    merged = union(*(sa.select(head.subquery()) for head in heads)).subquery()
    return sa.select(merged).order_by(*_ordered(shape, _key(shape, merged)))


@lru_cache(maxsize=512)
def head(shape: Shape) -> sa.Select[Any]:
    """The first ``take`` keys of the walks, each ticket once."""
    heads = [_walk(walk, shape).limit(sa.bindparam("take")) for walk in shape.walks]
    return _merged(shape, heads, distinct=True).limit(sa.bindparam("take"))


@lru_cache(maxsize=512)
def frontier(shape: Shape) -> sa.Select[Any]:
    """The key at which the first of the windowed walks has gone ``step`` rows; no row when all end before."""
    windowed = [
        _walk(Walk(walk.index, walk.equal, walk.also), shape).limit(1).offset(sa.bindparam("step"))
        for walk in shape.walks
        if walk.is_windowed
    ]
    return _merged(shape, windowed, distinct=False).limit(1)


@lru_cache(maxsize=32)
def overflow(among: str) -> sa.Select[Any]:
    """The first row of a set that is too much to be looked through; none when the set is small."""
    return SETS[among]().limit(1).offset(sa.bindparam("most"))
