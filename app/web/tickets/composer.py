"""The writing box: two sides, their drafts, and what came back with a problem."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.core.actor import Actor
from app.core.text import shorten
from app.tickets.around import Written
from app.tickets.sheet import Sheet
from app.tickets.words import Phase, Status
from app.web.kit import page
from app.web.kit.forms import Form
from app.web.kit.uploads import Upload, kept_uploads
from app.web.tickets import later
from app.web.tickets.schemas import Step, step_of
from app.web.tickets.words import STEP_NAMES, next_steps

if TYPE_CHECKING:
    from app.tickets.models import Comment

EXCERPT = 160


@dataclass(frozen=True, slots=True)
class News:
    """An entry somebody else wrote meanwhile."""

    id: int
    name: str
    when: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Box:
    """One side of the writing box, as ``kit/composer.html`` takes it."""

    form: Form[Any]
    action: str
    draft_url: str
    saved_at: str = ""
    fields: dict[str, int] = dataclasses.field(default_factory=dict)
    news: Sequence[News] = ()
    kept: Sequence[Upload] = ()
    then: str = ""
    later: str = ""
    field: str = "body"


@dataclass(frozen=True, slots=True)
class Boxes:
    """What one side holds instead of its draft, because it came back."""

    form: Form[Any]
    is_note: bool
    news: Sequence[News] = ()
    kept: Sequence[Upload] = ()


def came_back(actor: Actor, form: Form[Any], *, is_note: bool, news: Sequence[News] = ()) -> Boxes:
    """A side that came back: what was typed, the files that were sent, and what is new."""
    return Boxes(form, is_note, news, kept_uploads(actor, form.values("attachment_ids")))


def news_of(comments: Sequence[Comment]) -> list[News]:
    """Entries as the guard names them."""
    fmt = page.formats()
    return [
        News(
            one.id,
            one.author_name or one.author_email,
            fmt.moment(one.created_at),
            shorten(one.body, EXCERPT),
        )
        for one in comments
    ]


def context(actor: Actor, seen: Sheet, boxes: Boxes | None, mode: str) -> dict[str, Any]:
    """What the template of the writing box needs."""
    ticket = seen.ticket
    steps = [one for one in next_steps(step_of(ticket.status, ticket.pending_reason)) if _may_follow(one)]
    if boxes is not None:
        mode = "note" if boxes.is_note else "reply"
    main = Step.PENDING_CUSTOMER if Step.PENDING_CUSTOMER in steps and ticket.phase is Phase.ACTIVE else None
    return {
        "reply": _box(seen, boxes, is_note=False),
        "note": _box(seen, boxes, is_note=True),
        "mode": mode or "reply",
        "main_step": main,
        "send_steps": [one for one in steps if one is not main],
        "later": later.offer(actor, seen),
        "planned": later.planned(actor, seen),
        "step_names": {one: str(name) for one, name in STEP_NAMES.items()},
    }


def _may_follow(step: Step) -> bool:
    """After an answer a ticket is not new."""
    return step.status is not Status.OPEN


def _box(seen: Sheet, boxes: Boxes | None, *, is_note: bool) -> Box:
    base = f"/tickets/{seen.ticket.number}"
    side = "note" if is_note else "reply"
    mine = boxes if boxes is not None and boxes.is_note is is_note else None
    draft: Written | None = seen.own.drafts.get(is_note)
    form: Form[Any] = mine.form if mine else Form({"body": draft.body if draft else ""})
    return Box(
        form=form,
        action=f"{base}/{side}",
        draft_url=f"{base}/{side}/draft",
        saved_at=page.formats().time(draft.saved_at) if draft else "",
        fields={"based_on": seen.ticket.last_entry_id},
        news=mine.news if mine else (),
        kept=mine.kept if mine else _files_of(seen, draft),
        then=form.value("then"),
        later=form.value("later"),
    )


def _files_of(seen: Sheet, draft: Written | None) -> Sequence[Upload]:
    """The files of a draft that was a scheduled reply before."""
    found = (seen.unsent_files.get(number) for number in (draft.attachment_ids if draft else ()))
    return [file for file in found if file is not None]
