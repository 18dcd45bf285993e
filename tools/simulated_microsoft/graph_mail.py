"""The simulated Graph, mail: folders and messages, and what can be done to one."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, jsonify, request

from tools.simulated_microsoft import mime, odata
from tools.simulated_microsoft.gate import READ_MAIL, WRITE_MAIL, GraphError, both, mailbox, moment, ms
from tools.simulated_microsoft.graph_people import page, size_asked
from tools.simulated_microsoft.mailboxes import ROOT, Folder, Mailbox, Message, NotThere

door = Blueprint("graph_mail", __name__)
Row = dict[str, Any]
HIDDEN = "internetMessageHeaders"  # said only to those who ask for it
USUAL = 10
CHANGED_BY = {"isRead": "is_read"}
KEPT = ("categories", "flag", "importance", "inferenceClassification")
columns = lru_cache(maxsize=2000)(mime.columns)


def row(message: Message) -> Row:
    """A message as Graph writes it."""
    modified = message.modified_at or message.received_at
    read = columns(message.raw)
    told = read | {
        "@odata.etag": f'W/"{message.version}"',
        "id": shown_id(message.immutable_id, message.message_id),
        "changeKey": f"v{message.version}",
        "parentFolderId": message.folder_id,
        "receivedDateTime": moment(message.received_at),
        "sentDateTime": read["sentDateTime"] or moment(message.received_at),
        "createdDateTime": moment(message.received_at),
        "lastModifiedDateTime": moment(modified),
        "isRead": message.is_read,
        "isDraft": message.is_draft,
        "isDeliveryReceiptRequested": None,
        "isReadReceiptRequested": False,
        "categories": [],
        "flag": {"flagStatus": "notFlagged"},
        "inferenceClassification": "focused",
        "webLink": f"{ms().pages_url}/view",
    }
    return told | message.extra


def shown_id(immutable_id: str, message_id: str) -> str:
    """The id the caller wants: the one that survives a move only when asked for."""
    return immutable_id if 'idtype="immutableid"' in preferences().lower().replace(" ", "") else message_id


def preferences() -> str:
    return ",".join(request.headers.getlist("Prefer"))


def shown(told: Row) -> Row:
    """The columns that were asked for."""
    wanted = request.args.get("$select", "")
    if HIDDEN not in wanted:
        told = {name: value for name, value in told.items() if name != HIDDEN}
    if 'outlook.body-content-type="text"' in preferences() and told["body"]["contentType"] == "html":
        told = told | {"body": {"contentType": "text", "content": mime.TAG.sub("", told["body"]["content"])}}
    return odata.chosen(told, wanted)


@door.errorhandler(odata.BadQuery)
def not_understood(error: odata.BadQuery) -> Response:
    return GraphError(400, "BadRequest", str(error)).answer()


# Folders


def folder_row(box: Mailbox, folder: Folder) -> Row:
    inside = box.messages(folder.folder_id)
    return {
        "id": folder.folder_id,
        "displayName": folder.name,
        "parentFolderId": folder.parent_id or None,
        "childFolderCount": sum(one.parent_id == folder.folder_id for one in box.folders.values()),
        "unreadItemCount": sum(not one.is_read for one in inside),
        "totalItemCount": len(inside),
        "sizeInBytes": sum(len(one.raw) for one in inside),
        "isHidden": False,
    }


def _folder(box: Mailbox, name: str) -> Folder:
    try:
        return box.folder(name)
    except NotThere as error:
        code = "ErrorItemNotFound" if name.startswith("AQMk") else "ErrorInvalidIdMalformed"
        raise GraphError(
            404 if code == "ErrorItemNotFound" else 400,
            code,
            "The specified folder could not be found in the store.",
        ) from error


@both(door, "/mailFolders")
def folders(who: str) -> Response:
    return _children(who, ROOT)


@both(door, "/mailFolders/<folder_id>/childFolders")
def children(who: str, folder_id: str) -> Response:
    return _children(who, folder_id)


def _children(who: str, folder_id: str) -> Response:
    box = mailbox(who, READ_MAIL)
    parent = _folder(box, folder_id).folder_id
    found = [folder_row(box, one) for one in box.folders.values() if one.parent_id == parent]
    kept = odata.matching(found, request.args.get("$filter", ""))
    return page([odata.chosen(one, request.args.get("$select", "")) for one in kept], size_asked(1000, USUAL))


@both(door, "/mailFolders", "POST")
def new_folder(who: str) -> tuple[Response, int]:
    return _new_child(who, ROOT)


@both(door, "/mailFolders/<folder_id>/childFolders", "POST")
def new_child(who: str, folder_id: str) -> tuple[Response, int]:
    return _new_child(who, folder_id)


def _new_child(who: str, folder_id: str) -> tuple[Response, int]:
    box = mailbox(who, WRITE_MAIL)
    name = str(body().get("displayName") or "").strip()
    if not name:
        raise GraphError(400, "ErrorInvalidRequest", "The folder has no displayName.")
    try:
        made = box.create_folder(name, _folder(box, folder_id).folder_id)
    except ValueError as error:
        raise GraphError(
            409, "ErrorFolderExists", "A folder with the specified name already exists."
        ) from error
    return jsonify(folder_row(box, made)), 201


@both(door, "/mailFolders/<folder_id>")
def one_folder(who: str, folder_id: str) -> Response:
    box = mailbox(who, READ_MAIL)
    return jsonify(odata.chosen(folder_row(box, _folder(box, folder_id)), request.args.get("$select", "")))


# Messages


@both(door, "/mailFolders/<folder_id>/messages")
def messages_of_folder(who: str, folder_id: str) -> Response:
    box = mailbox(who, READ_MAIL)
    return _listed(box.messages(_folder(box, folder_id).folder_id))


@both(door, "/messages")
def messages(who: str) -> Response:
    return _listed(mailbox(who, READ_MAIL).all_messages())


def _listed(found: list[Message]) -> Response:
    rows = odata.matching([row(one) for one in found], request.args.get("$filter", ""))
    rows = odata.ordered(rows, request.args.get("$orderby") or "receivedDateTime desc")
    return page([shown(one) for one in rows], size_asked(1000, USUAL))


@both(door, "/messages/<message_id>")
def message(who: str, message_id: str) -> Response:
    return jsonify(shown(row(mailbox(who, READ_MAIL).message(message_id))))


@both(door, "/messages/<message_id>/$value")
def message_text(who: str, message_id: str) -> Response:
    return Response(mailbox(who, READ_MAIL).message(message_id).raw, mimetype="text/plain")


@both(door, "/messages/<message_id>", "PATCH")
def change_message(who: str, message_id: str) -> Response:
    box, told = mailbox(who, WRITE_MAIL), body()
    unknown = set(told) - set(CHANGED_BY) - set(KEPT)
    if unknown:
        raise GraphError(400, "ErrorInvalidPropertySet", f"Cannot change {', '.join(sorted(unknown))}.")
    changed: Row = {CHANGED_BY[name]: bool(value) for name, value in told.items() if name in CHANGED_BY}
    kept = {name: value for name, value in told.items() if name in KEPT}
    changed["extra"] = box.message(message_id).extra | kept
    return jsonify(shown(row(box.change(message_id, **changed))))


@both(door, "/messages/<message_id>/move", "POST")
def move_message(who: str, message_id: str) -> tuple[Response, int]:
    box = mailbox(who, WRITE_MAIL)
    target = _folder(box, str(body().get("destinationId") or body().get("DestinationId") or ""))
    box.message(message_id)
    return jsonify(shown(row(box.message(box.move(message_id, target.folder_id))))), 201


@both(door, "/messages/<message_id>", "DELETE")
def delete_message(who: str, message_id: str) -> tuple[str, int]:
    """Into the deleted items first, away from there."""
    box = mailbox(who, WRITE_MAIL)
    bin_id = box.folder("deleteditems").folder_id
    if box.message(message_id).folder_id == bin_id:
        box.delete(message_id)
    else:
        box.move(message_id, bin_id)
    return "", 204


@both(door, "/messages/<message_id>/permanentDelete", "POST")
def purge_message(who: str, message_id: str) -> tuple[str, int]:
    mailbox(who, WRITE_MAIL).delete(message_id)
    return "", 204


def body() -> Row:
    """What the request says in JSON.

    Raises:
        GraphError: it is no object.
    """
    told = request.get_json(silent=True)
    if not isinstance(told, dict):
        raise GraphError(400, "BadRequest", "Unable to read JSON request payload.")
    return told
