"""How many rows a statement reads, asked of the engine itself: handler counters, EXPLAIN ANALYZE, query plans."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

INDEX = re.compile(r"\b(ix_\w+)")
READS = "SHOW SESSION STATUS WHERE Variable_name LIKE 'Handler_read%%'"
# Rows of a temporary table are read again while a page is put in order; they were counted when they were found.
AGAIN = ("Handler_read_rnd", "Handler_read_rnd_next", "Handler_read_rnd_deleted")


@dataclass
class Reading:
    """What a stretch of code read."""

    statements: list[tuple[str, Any]] = field(default_factory=list)
    rows: int = 0
    indexes: set[str] = field(default_factory=set)
    scans: list[str] = field(default_factory=list)


@contextmanager
def recorded(connection: Connection) -> Iterator[Reading]:
    """Record the statements of a block; at its end they are explained on the same connection."""
    reading, dialect = Reading(), connection.dialect.name
    before = _handlers(connection) if dialect == "mysql" else 0

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "(SELECT")):
            reading.statements.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield reading
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    if dialect == "mysql":
        reading.rows = _handlers(connection) - before
    if dialect == "postgresql":
        # It reads a small table whole where that is cheaper; what counts is what it does once tables are large.
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    explain = {"mysql": _explain_mysql, "postgresql": _explain_postgresql, "sqlite": _explain_sqlite}[dialect]
    for statement, parameters in reading.statements:
        explain(connection, statement, parameters, reading)


def _handlers(connection: Connection) -> int:
    rows = connection.exec_driver_sql(READS)
    return sum(int(value) for name, value in rows if name not in AGAIN)


def _explain_mysql(connection: Connection, statement: str, parameters: Any, reading: Reading) -> None:
    for row in connection.exec_driver_sql("EXPLAIN " + statement, parameters).mappings():
        if row["key"]:
            reading.indexes.add(row["key"])
        if row["type"] == "ALL" and row["table"] and not str(row["table"]).startswith("<"):
            reading.scans.append(str(row["table"]))


def _explain_postgresql(connection: Connection, statement: str, parameters: Any, reading: Reading) -> None:
    sql = "EXPLAIN (ANALYZE, FORMAT JSON) " + statement
    plan = connection.exec_driver_sql(sql, parameters).scalar_one()
    plan = json.loads(plan) if isinstance(plan, str) else plan
    _postgresql_node(plan[0]["Plan"], reading)


def _postgresql_node(node: dict[str, Any], reading: Reading) -> None:
    if "Relation Name" in node:
        each = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        reading.rows += round((each + node.get("Rows Removed by Index Recheck", 0)) * node["Actual Loops"])
        if node["Node Type"] == "Seq Scan":
            reading.scans.append(node["Relation Name"])
    reading.indexes |= set(INDEX.findall(node.get("Index Name", "")))
    for child in node.get("Plans", ()):
        _postgresql_node(child, reading)


def _explain_sqlite(connection: Connection, statement: str, parameters: Any, reading: Reading) -> None:
    for *_ids, detail in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters):
        reading.indexes |= set(INDEX.findall(detail))
        scanned = re.match(r"SCAN (\w+)", detail)
        if scanned and not scanned[1].startswith(("anon", "head", "(")):
            reading.scans.append(detail)
