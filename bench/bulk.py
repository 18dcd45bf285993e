"""Bulk loading: tab-separated chunks through LOAD DATA, COPY or executemany, whichever the engine has."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
import pymysql
import sqlalchemy as sa
from sqlalchemy.engine import make_url

CHUNK = 20_000
Row = list[str]
NULL = "\\N"


class Bulk:
    """Takes rows of many tables and writes them in chunks, in the order of the tables' first use.

    Rows are lists of texts (``\\N`` for NULL, texts escaped with texts.escape). One thread makes rows while another
    loads them.

    Args:
        url: a SQLAlchemy address.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.engine = sa.create_engine(self.url)
        kind = self.url.get_backend_name()
        self._load: Callable[[str, list[str], list[Row]], None] = {
            "mysql": self._load_data,
            "postgresql": self._copy,
            "sqlite": self._executemany,
        }[kind]
        self._raw: Any = self._connect(kind)
        self._columns: dict[str, list[str]] = {}
        self._rows: dict[str, list[Row]] = {}
        self._pool = ThreadPoolExecutor(1)
        self._last: Future[None] | None = None

    def _connect(self, kind: str) -> Any:
        url = self.url
        if kind == "sqlite":
            raw: Any = sqlite3.connect(url.database or "", check_same_thread=False, timeout=60)
            raw.execute("PRAGMA journal_mode=WAL")
            return raw
        if kind == "postgresql":
            plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
            return psycopg.connect(plain)
        raw = pymysql.connect(
            host=url.host or "127.0.0.1",
            port=url.port or 3306,
            user=url.username or "root",
            password=url.password or "",
            database=url.database,
            charset="utf8mb4",
            local_infile=True,
        )
        raw.cursor().execute("SET foreign_key_checks=0, unique_checks=0")
        return raw

    def table(self, table: sa.Table, columns: list[str]) -> Callable[[Row], None]:
        """Prepare a table; returns what takes its rows.

        Columns that are not named get their default, or NULL.

        Raises:
            ValueError: a column has neither, or is not one of the table.
        """
        rest = [column for column in table.columns if column.name not in columns]
        unknown = set(columns) - {column.name for column in table.columns}
        if unknown:
            raise ValueError(f"{table.name}: {sorted(unknown)}")
        tail = [_default(column) for column in rest]
        self._columns[table.name] = [*columns, *(column.name for column in rest)]
        rows: list[Row] = []
        self._rows[table.name] = rows

        def add(row: Row) -> None:
            rows.append(row + tail)

        return add

    def flush(self, *, everything: bool = False) -> None:
        """Hand full chunks (or everything) to the loading thread."""
        if not everything and all(len(rows) < CHUNK for rows in self._rows.values()):
            return
        ready = [(name, rows[:]) for name, rows in self._rows.items() if rows]
        for rows in self._rows.values():
            rows.clear()
        if self._last is not None:
            self._last.result()
        self._last = self._pool.submit(self._write, ready)

    def _write(self, ready: list[tuple[str, list[Row]]]) -> None:
        for name, rows in ready:
            self._load(name, self._columns[name], rows)
        self._raw.commit()

    def _load_data(self, name: str, columns: list[str], rows: list[Row]) -> None:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="\n", delete=False) as file:
            file.writelines("\t".join(row) + "\n" for row in rows)
        try:
            names = ", ".join(f"`{column}`" for column in columns)
            sql = f"LOAD DATA LOCAL INFILE '{file.name}' INTO TABLE `{name}` CHARACTER SET utf8mb4 ({names})"
            self._raw.cursor().execute(sql)
        finally:
            os.unlink(file.name)

    def _copy(self, name: str, columns: list[str], rows: list[Row]) -> None:
        names = ", ".join(f'"{column}"' for column in columns)
        with self._raw.cursor().copy(f'COPY "{name}" ({names}) FROM STDIN') as copy:
            copy.write("".join("\t".join(row) + "\n" for row in rows))

    def _executemany(self, name: str, columns: list[str], rows: list[Row]) -> None:
        names, marks = ", ".join(f'"{column}"' for column in columns), ", ".join("?" * len(columns))
        self._raw.executemany(
            f'INSERT INTO "{name}" ({names}) VALUES ({marks})',  # noqa: S608 names of our own tables
            (tuple(map(_plain, row)) for row in rows),
        )

    def close(self) -> None:
        """Write what is left, let ids go on behind the largest, gather statistics for the planner."""
        self.flush(everything=True)
        if self._last is not None:
            self._last.result()
        self._pool.shutdown()
        self._raw.close()
        self._finish()
        self.engine.dispose()

    def _finish(self) -> None:
        kind = self.url.get_backend_name()
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for name, columns in self._columns.items():
                if kind == "postgresql" and "id" in columns:
                    connection.exec_driver_sql(
                        f"SELECT setval(pg_get_serial_sequence('\"{name}\"', 'id'), "  # noqa: S608
                        f'(SELECT COALESCE(MAX(id), 1) FROM "{name}"))'
                    )
                verb = "ANALYZE TABLE" if kind == "mysql" else "ANALYZE"
                mark = "`" if kind == "mysql" else '"'
                connection.exec_driver_sql(f"{verb} {mark}{name}{mark}")


def _default(column: sa.Column[Any]) -> str:
    if column.default is not None and column.default.is_scalar:
        value = column.default.arg
        return str(int(value)) if isinstance(value, bool) else str(getattr(value, "value", value))
    if column.nullable or column.name == "id":
        return NULL
    raise ValueError(f"{column.table.name}.{column.name} has no default")


def _plain(value: str) -> str | None:
    if value == NULL:
        return None
    if "\\" not in value:
        return value
    return value.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\")
