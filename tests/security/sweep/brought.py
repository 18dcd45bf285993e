"""What stands in addresses about people who are brought in: files that were looked at."""

from __future__ import annotations

from app.accounts import import_queries, people_files
from app.accounts.actions import importing
from app.core.uow import run_unit
from tests.security.sweep.stage import ADMIN
from tests.security.sweep.things import NO_SUCH_ID, Asked, Trio, made_for


@made_for("import_id", "/people/import")
def _file_of_people(asked: Asked) -> Trio:
    file = people_files.read(b"E-Mail;Vorname\nnina@sample.example;Nina\n")
    admin = asked.stage.world.actor(asked.stage.people[ADMIN])
    lines = import_queries.judged(file, admin, close_missing=False)
    made = run_unit(lambda: importing.keep(file, lines, "leute.csv", importing.Wishes(), actor=admin))
    return str(made.id), None, NO_SUCH_ID
