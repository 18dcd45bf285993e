"""Files at the agents' door: who gets them, and how they are sent."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.uow import run_unit
from app.tickets.actions import closing, replying
from app.tickets.models import Attachment
from app.tickets.words import AttachmentState
from tests.doors.tickets.conftest import present

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63"
    "f8cfc0f01f00050001ff89993d1d0000000049454e44ae426082"
)


def send(story, data=b"Zeile eins\n", name="log.txt", side="reply"):
    story.desk.get(story.base)
    sent = {"body": "Anbei", "files": (io.BytesIO(data), name)}
    assert story.desk.post(f"{story.base}/{side}", sent).status_code == 303
    db.session.rollback()
    return db.session.scalars(sa.select(Attachment).order_by(Attachment.id.desc()).limit(1)).one()


def test_a_text_is_saved_under_its_name_and_never_guessed_at(story):
    file = send(story, name="Übersicht «1».txt")
    answer = story.desk.get(f"/tickets/files/{file.id}")
    assert answer.get_data() == b"Zeile eins\n"
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"_bersicht _1_.txt\"; filename*=UTF-8''%C3%9Cbersicht%20%C2%AB1%C2%BB.txt"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    answer.close()


def test_a_verified_picture_is_shown_in_place(story):
    file = send(story, PNG, "bild.png")
    answer = story.desk.get(f"/tickets/files/{file.id}")
    assert answer.mimetype == "image/png"
    assert answer.headers["Content-Disposition"].startswith("inline")
    answer.close()


def test_parts_and_heads_are_answered(story):
    file = send(story)
    part = story.desk.get(f"/tickets/files/{file.id}", headers={"Range": "bytes=6-9"})
    assert (part.status_code, part.get_data()) == (206, b"eins")
    assert part.headers["Content-Range"] == "bytes 6-9/11"
    part.close()
    head = story.desk.client.head(f"/tickets/files/{file.id}")
    assert (head.status_code, head.content_length, head.get_data()) == (200, 11, b"")
    head.close()
    known = story.desk.get(f"/tickets/files/{file.id}", headers={"If-None-Match": f'"{file.sha256}"'})
    assert known.status_code == 304
    known.close()
    beyond = story.desk.get(f"/tickets/files/{file.id}", headers={"Range": "bytes=99-"})
    assert beyond.status_code == 416


@pytest.mark.parametrize("path", ["0", "-1", "abc", "99999999999999999999", "987654"])
def test_what_is_no_file_is_not_found(story, path):
    assert story.desk.get(f"/tickets/files/{path}").status_code == 404


def test_a_file_waits_for_its_verdict_and_an_infected_one_is_locked(story):
    file = send(story)

    def mark(state):
        run_unit(lambda: db.session.execute(sa.update(Attachment).values(state=state)))

    mark(AttachmentState.PENDING)
    assert story.lead.get(f"/tickets/files/{file.id}").status_code == 409
    mark(AttachmentState.INFECTED)
    assert story.lead.get(f"/tickets/files/{file.id}").status_code == 403
    admin = story.browser(story.admin()).get(f"/tickets/files/{file.id}")
    assert admin.status_code == 200
    assert admin.headers["Content-Disposition"].startswith("attachment")
    admin.close()


def test_files_of_removed_words_and_deleted_tickets_are_gone(story):
    file = send(story, side="note")
    run_unit(lambda: replying.redact(story.actor(story.lea), story.ticket_id, file.comment_id))
    assert story.desk.get(f"/tickets/files/{file.id}").status_code == 404
    other = send(story)
    run_unit(lambda: closing.delete(story.actor(story.lea), story.ticket_id))
    assert story.desk.get(f"/tickets/files/{other.id}").status_code == 404


def test_bytes_that_are_lost_are_not_found_and_told_to_the_log(story, caplog):
    file = send(story)
    story.app.extensions["storage"].remove(file.sha256)
    assert story.desk.get(f"/tickets/files/{file.id}").status_code == 404
    assert "blob_missing" in caplog.text


def test_all_files_of_a_ticket_stand_together(story):
    send(story, name="eins.txt")
    send(story, PNG, name="zwei.png", side="note")
    page = story.desk.get(f"{story.base}?tab=files").get_data(as_text=True)
    assert "eins.txt" in page
    assert "zwei.png" in page
    assert present(story).has_files
