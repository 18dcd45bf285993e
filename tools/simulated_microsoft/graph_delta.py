"""The simulated Graph, news of a folder: everything once, then what changed since."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request

from tools.simulated_microsoft import odata
from tools.simulated_microsoft.gate import READ_MAIL, GraphError, both, mailbox, ms
from tools.simulated_microsoft.graph_mail import preferences, row, shown_id
from tools.simulated_microsoft.graph_people import again
from tools.simulated_microsoft.mailboxes import Change, Mailbox, NotThere

door = Blueprint("graph_delta", __name__)
Row = dict[str, Any]
USUAL, MOST = 10, 1000
PAGE_SIZE = re.compile(r"odata\.maxpagesize\s*=\s*(\d+)", re.IGNORECASE)
SINCE = re.compile(r"\s*receivedDateTime\s+(ge|gt)\s+(\S+)\s*")
KINDS = ("created", "updated", "deleted")


@dataclass(frozen=True)
class Round:
    """How far a reader is: what is still to be said, and where the next round begins.

    Args:
        left: None when the round is over.
    """

    mailbox: Mailbox
    folder_id: str
    begins: int
    left: tuple[Change, ...] | None
    select: str
    since: datetime | None
    kind: str


@both(door, "/mailFolders/<folder_id>/messages/delta")
def delta(who: str, folder_id: str) -> Response:
    box = mailbox(who, READ_MAIL)
    with box.lock:
        place = box.folder(folder_id).folder_id
        token = request.args.get("$skiptoken") or request.args.get("$deltatoken")
        now = _known(token, box, place) if token else _first(box, place)
        if now.left is None:
            now = replace(now, left=tuple(_news(now)), begins=len(box.journal))
        return _page(now)


@door.errorhandler(odata.BadQuery)
def not_understood(error: odata.BadQuery) -> Response:
    return GraphError(400, "ErrorInvalidUrlQuery", str(error)).answer()


def _known(token: str, box: Mailbox, place: str) -> Round:
    found = ms().rounds.get(token)
    if not isinstance(found, Round) or found.mailbox is not box or found.folder_id != place:
        where = f"{ms().base_url}{request.path}?$deltatoken="
        words = "The sync state generation is not found; generation=1;[highest=2][2]. resyncRequired"
        raise GraphError(410, "SyncStateNotFound", words, {"Location": where})
    return found


def _first(box: Mailbox, place: str) -> Round:
    """Everything in the folder."""
    since, kind = _since(request.args.get("$filter", "")), request.args.get("changeType", "")
    if kind and kind not in KINDS:
        raise GraphError(400, "ErrorInvalidUrlQuery", f"changeType '{kind}' is not supported.")
    if "$search" in request.args:
        raise GraphError(400, "ErrorInvalidUrlQuery", "$search is not supported with delta.")
    found = [one for one in box.messages(place) if since is None or one.received_at >= since]
    if "desc" in request.args.get("$orderby", ""):
        found.sort(key=lambda one: one.received_at, reverse=True)
    left = tuple(Change(0, place, one.immutable_id, one.message_id, "created") for one in found)
    return Round(box, place, len(box.journal), left, request.args.get("$select", ""), since, kind)


def _since(text: str) -> datetime | None:
    if not text:
        return None
    found = SINCE.fullmatch(text)
    if found is None:
        raise odata.BadQuery("Only receivedDateTime ge and gt can be filtered by in a change query.")
    return odata.time_of(found[2])


def _news(now: Round) -> list[Change]:
    """What happened in the folder since the round before, one line for each mail."""
    lines: dict[str, list[Change]] = {}
    for change in now.mailbox.journal[now.begins :]:
        if change.folder_id == now.folder_id:
            lines.setdefault(change.immutable_id, []).append(change)
    news = [_together(changes) for changes in lines.values()]
    wanted = {"deleted": "removed"}.get(now.kind, now.kind)
    return [one for one in news if one is not None and wanted in ("", one.kind)]


def _together(changes: list[Change]) -> Change | None:
    first, last = changes[0], changes[-1]
    if last.kind == "removed":
        return last if first.kind != "created" else None
    created = any(one.kind == "created" for one in changes)
    return replace(last, kind="created" if created else "updated")


def _page(now: Round) -> Response:
    asked = PAGE_SIZE.search(preferences())
    size = min(int(asked[1]), MOST) if asked else USUAL
    left = now.left or ()
    rows = [told for told in (_row(now, change) for change in left[:size]) if told is not None]
    rest = left[size:]
    token = secrets.token_urlsafe(32)
    ms().rounds[token] = replace(now, left=rest if rest else None)
    told: Row = {"@odata.context": f"{ms().graph_url}/$metadata#Collection(message)", "value": rows}
    name, parameter = ("nextLink", "$skiptoken") if rest else ("deltaLink", "$deltatoken")
    told[f"@odata.{name}"] = f"{again().partition('?')[0]}?{parameter}={token}"
    answer = jsonify(told)
    if asked:
        answer.headers["Preference-Applied"] = f"odata.maxpagesize={size}"
    return answer


def _row(now: Round, change: Change) -> Row | None:
    if change.kind == "removed":
        gone = {"@odata.type": "#microsoft.graph.message", "@removed": {"reason": "deleted"}}
        return gone | {"id": shown_id(change.immutable_id, change.message_id)}
    try:
        message = now.mailbox.message(change.immutable_id)
    except NotThere:
        return None
    if message.folder_id != now.folder_id or (now.since is not None and message.received_at < now.since):
        return None
    told = row(message)
    told.pop("internetMessageHeaders" if "internetMessageHeaders" not in now.select else "", None)
    return {"@odata.type": "#microsoft.graph.message"} | odata.chosen(told, now.select)
