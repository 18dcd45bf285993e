"""The least that taking a mail in can cost: parsed once, its file synced, two rows written, committed."""

from __future__ import annotations

import email
import hashlib
import os
import time
from collections.abc import Sequence
from email import policy
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.core.db import db
from app.mailroom.models import RawMail
from app.tickets.models import Ticket


class Floor:
    """Writes copies of rows that are there through the bare driver.

    Args:
        folder: where files go; made when it is missing.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._rows = [_Copy(table) for table in (RawMail.__table__, Ticket.__table__)]
        self._begun, self._number = time.time_ns(), 0

    def take_in(self, mails: Sequence[bytes]) -> None:
        """Each mail by itself, as whoever has nothing else to do would."""
        raw = db.engine.raw_connection()
        try:
            cursor = raw.cursor()
            for mail in mails:
                self._number += 1
                sha256 = hashlib.sha256(mail).hexdigest()
                _parse(mail)
                self._keep(mail, sha256)
                mine = {"account": "floor", "content_hash": sha256, "message_id_hash": self._name()}
                for row in self._rows:
                    cursor.execute(row.sql, row.values(mine))
                raw.commit()
        finally:
            raw.close()

    def _name(self) -> str:
        """What no row has had yet, in this run or another."""
        return f"{self._begun:032d}{self._number:032d}"

    def _keep(self, mail: bytes, name: str) -> None:
        path = self._folder / f"{name}-{self._number}"
        with path.with_suffix(".part").open("wb") as file:
            file.write(mail)
            file.flush()
            os.fsync(file.fileno())
        os.replace(path.with_suffix(".part"), path)


def _parse(mail: bytes) -> None:
    """What the standard library needs to have all headers and parts."""
    message = email.message_from_bytes(mail, policy=policy.compat32)
    for part in message.walk():
        part.items()
        part.get_payload(decode=True)


class _Copy:
    """The last row of a table, to be written again."""

    def __init__(self, table: Any) -> None:
        with db.engine.connect() as connection:
            found = connection.exec_driver_sql(f"SELECT * FROM {table.name} ORDER BY id DESC LIMIT 1")  # noqa: S608
            row = dict(found.mappings().one())
        del row["id"]
        statement = sa.insert(table).compile(db.engine, column_keys=list(row))
        self.sql = str(statement)
        self._row, self._order = row, statement.positiontup

    def values(self, given: dict[str, Any]) -> Any:
        """The values as the driver takes them, with those of the given that are columns here."""
        row = self._row | {name: value for name, value in given.items() if name in self._row}
        return row if self._order is None else tuple(row[name] for name in self._order)
