"""The generated firm: teams, organisations, agents, customers, categories, tags."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from app.core.db import db
from app.core.text import fold
from bench import texts
from bench.bulk import NULL, Bulk

PASSWORD = ""  # nobody signs in with a password; the load client makes its own sign-ins


@dataclass
class Firm:
    """Ids of everybody and everything a ticket may name."""

    teams: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    agents: dict[int, list[int]] = field(default_factory=dict)
    customers: list[tuple[int, int | None]] = field(default_factory=list)
    categories: dict[int, list[int]] = field(default_factory=dict)
    tags: list[int] = field(default_factory=list)
    policy_id: int = 0


class Ids:
    """Hands out ids behind the largest one a table has."""

    def __init__(self, table: sa.Table) -> None:
        self.last = int(db.session.scalar(sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0))) or 0)

    def __call__(self) -> int:
        self.last += 1
        return self.last


def make_firm(bulk: Bulk, rng: random.Random, now: datetime, *, tickets: int) -> Firm:
    """Generate people in proportion to the tickets; the default team and policy must be there.

    Args:
        tickets: how many tickets they will have: one customer for twenty, at least 50.
    """
    tables = db.metadata.tables
    firm = Firm(policy_id=_one("SELECT id FROM sla_policy WHERE is_default"))
    at = now.isoformat(" ", "microseconds")
    _teams(bulk, firm, tables["team"], at)
    organisations = _organisations(bulk, tables["organisation"], at)
    person = _person_writer(bulk, rng, tables["person"], at)
    _staff(bulk, rng, firm, person, tables["membership"], agents=max(30, tickets // 2500))
    for n in range(max(50, tickets // 20)):
        organisation = rng.choice(organisations) if rng.random() < 0.8 else None
        firm.customers.append((person("customer", n, organisation), organisation))
    _categories(bulk, firm, tables["category"], at)
    tag = bulk.table(tables["tag"], ["id", "name"])
    ids, known = Ids(tables["tag"]), set(db.session.scalars(sa.select(tables["tag"].c.name)))
    for name in texts.TAGS:
        if name not in known:
            firm.tags.append(ids())
            tag([str(firm.tags[-1]), name])
    firm.tags = firm.tags or list(db.session.scalars(sa.select(tables["tag"].c.id)))
    bulk.flush(everything=True)
    return firm


def _one(sql: str) -> int:
    return int(db.session.execute(sa.text(sql)).scalar_one())


def _teams(bulk: Bulk, firm: Firm, table: sa.Table, at: str) -> None:
    known = dict(db.session.execute(sa.select(table.c.name, table.c.id)).tuples().all())
    add, ids = bulk.table(table, ["id", "name", "is_confidential", "created_at"]), Ids(table)
    firm.teams.append(_one("SELECT id FROM team WHERE is_default"))
    for name in texts.TEAMS:
        if name not in known:
            known[name] = ids()
            add([str(known[name]), name, "1" if name == texts.CONFIDENTIAL else "0", at])
        firm.teams.append(known[name])
    firm.weights = [24, 14, 12, 10, 8, 6, 5, 4, 4, 3, 3, 2, 2, 2, 1]


def _organisations(bulk: Bulk, table: sa.Table, at: str) -> list[int]:
    add, ids = bulk.table(table, ["id", "name", "created_at"]), Ids(table)
    made = [ids() for _ in range(40)]
    for one in made:
        add([str(one), f"Beispiel {one} GmbH", at])
    return made


def _person_writer(
    bulk: Bulk, rng: random.Random, table: sa.Table, at: str
) -> Callable[[str, int, int | None], int]:
    columns = [
        "id", "email", "email_key", "first_name", "last_name", "search_key", "given_key", "role", "support_level",
        "organisation_id", "department", "verified_at", "last_activity_at", "created_at",
    ]  # fmt: skip
    add, ids = bulk.table(table, columns), Ids(table)

    def write(role: str, n: int, organisation: int | None) -> int:
        made = ids()
        first, last = rng.choice(texts.FIRST_NAMES), rng.choice(texts.LAST_NAMES)
        email = f"{fold(first)}.{fold(last)}.{made}@firma.example"
        level = str(1 + n % 4) if role == "support_agent" else "0"
        keys = [fold(f"{last} {first}"), fold(f"{first} {last}")]
        place = str(organisation) if organisation else NULL
        department = rng.choice(texts.DEPARTMENTS)
        add([str(made), email, email, first, last, *keys, role, level, place, department, at, at, at])
        return made

    return write


def _staff(
    bulk: Bulk,
    rng: random.Random,
    firm: Firm,
    person: Callable[[str, int, int | None], int],
    table: sa.Table,
    *,
    agents: int,
) -> None:
    """Agents in one to three teams each, a leader for every team, two administrators without a team."""
    add = bulk.table(table, ["team_id", "person_id", "leads"])
    for place, team in enumerate(firm.teams):
        firm.agents[team] = []
        add([str(team), str(person("team_leader", place, None)), "1"])
    for n in range(agents):
        agent = person("support_agent", n, None)
        home = firm.teams[n % len(firm.teams)] if n < 30 else rng.choices(firm.teams, firm.weights)[0]
        more = rng.choices(firm.teams[:-1], k=rng.randint(0, 2))
        for team in {home, *more}:
            firm.agents[team].append(agent)
            add([str(team), str(agent), "0"])
    for n in range(2):
        person("admin", n, None)


def _categories(bulk: Bulk, firm: Firm, table: sa.Table, at: str) -> None:
    """Two topics for each team, beside those every installation begins with."""
    add, ids = bulk.table(table, ["id", "name_de", "name_en", "team_id", "created_at"]), Ids(table)
    usual = list(db.session.scalars(sa.select(table.c.id).where(table.c.team_id.is_(None))))
    firm.categories[firm.teams[0]] = usual
    for team in firm.teams[1:]:
        firm.categories[team] = [ids(), ids()]
        for one in firm.categories[team]:
            add([str(one), f"Thema {one}", f"Topic {one}", str(team), at])
