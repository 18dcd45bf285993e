"""The simulation's own door for another process: bring mail, look, let things go wrong. JSON under /_simulator."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from tools.simulated_microsoft import mime
from tools.simulated_microsoft.gate import moment, ms
from tools.simulated_microsoft.mailboxes import Message

door = Blueprint("control", __name__, url_prefix="/_simulator")
Row = dict[str, Any]
SWITCHES = (
    *("grants_application", "grants_delegated", "optional_claims", "allowed_mailboxes", "parallel_limit"),
    *("multi_tenant", "secret_expired", "refresh_once", "sent_items_late", "token_lifetime"),
    *("redirect_uris", "redirect_paths", "front_channel_logout_urls"),
)


@door.errorhandler(ValueError)
@door.errorhandler(TypeError)
@door.errorhandler(AttributeError)
@door.errorhandler(KeyError)
def not_understood(error: Exception) -> tuple[Response, int]:
    return jsonify({"error": str(error)}), 400


def _told() -> Row:
    told = request.get_json(silent=True)
    return told if isinstance(told, dict) else {}


@door.get("/")
def about() -> Response:
    """Everything an application must be told."""
    names = (
        "base_url",
        "pages_url",
        "authority",
        "graph_url",
        "tenant_id",
        "client_id",
        "client_secret",
        "ca_file",
    )
    told = {name: getattr(ms(), name) for name in names}
    mailboxes = sorted(ms().mailboxes)
    return jsonify({"simulation": True, **told, "teams_url": ms().teams_url(), "mailboxes": mailboxes})


@door.post("/reset")
def reset() -> Response:
    ms().reset()
    return jsonify({"done": True})


@door.get("/people")
def people() -> Response:
    return jsonify({key: one.row() | {"roles": one.roles} for key, one in ms().people.items()})


@door.post("/people/<key>")
def change_person(key: str) -> Response:
    """Set columns of somebody by the names of ``Person``: ``{"enabled": false}`` disables."""
    return jsonify(ms().change(ms().people[key], **_told()).row())


@door.post("/people/<key>/revoke")
def revoke(key: str) -> Response:
    ms().sign_ins.revoke(ms().people[key])
    return jsonify({"done": True})


@door.post("/settings")
def change_settings() -> Response:
    """Set switches of the simulation, lists as lists."""
    for name, value in _told().items():
        if name not in SWITCHES:
            raise ValueError(f"no such setting: {name}")
        old = getattr(ms(), name)
        setattr(
            ms(),
            name,
            set(value)
            if isinstance(old, set) or name == "allowed_mailboxes" and value is not None
            else value,
        )
    return jsonify({"done": True})


@door.post("/mailboxes/<address>")
def deliver(address: str) -> tuple[Response, int]:
    """Bring a mail: the raw text as the body, the folder as ``?folder=``."""
    message_id = ms().mailbox(address).deliver(request.get_data(), request.args.get("folder", "inbox"))
    return jsonify({"id": message_id}), 201


@door.get("/mailboxes/<address>")
def messages(address: str) -> Response:
    found = ms().mailbox(address).messages(request.args.get("folder", "inbox"))
    return jsonify({"value": [_message(one) for one in found]})


@door.get("/mailboxes/<address>/sent")
def sent(address: str) -> Response:
    return jsonify({"value": [raw.decode("utf-8", "replace") for raw in ms().mailbox(address).sent]})


@door.post("/mailboxes/<address>/messages/<message_id>")
def touch(address: str, message_id: str) -> Response:
    """What a person does to a mail: ``{"folder": …}``, ``{"read": true}`` or ``{"delete": true}``."""
    box, told = ms().mailbox(address), _told()
    if "read" in told:
        box.mark_read(message_id, bool(told["read"]))
    if "folder" in told:
        message_id = box.move(message_id, str(told["folder"]))
    if told.get("delete"):
        box.delete(message_id)
    return jsonify({"id": message_id})


def _message(one: Message) -> Row:
    mail = mime.parse(one.raw)
    told = {name: mime.header(mail, name) for name in ("Subject", "From", "To", "Message-ID")}
    return told | {
        "id": one.message_id,
        "read": one.is_read,
        "received": moment(one.received_at),
        "size": len(one.raw),
    }


@door.get("/cards")
def cards() -> Response:
    return jsonify(
        {"value": [{"at": moment(one.at), "name": one.name, "body": one.body} for one in ms().cards]}
    )


@door.get("/log")
def log() -> Response:
    return jsonify(
        {"value": [{"method": one.method, "path": one.path, "status": one.status} for one in ms().log]}
    )


@door.route("/faults", methods=["GET", "POST", "DELETE"])
def faults() -> Response:
    """POST adds one, with the arguments of ``Faults.add``, or of ``Faults.random`` when it has a ``seed``."""
    told = _told()
    if request.method == "DELETE":
        ms().faults.clear()
    elif "seed" in told:
        ms().faults.random(**told)
    elif request.method == "POST":
        ms().faults.add(**told)
    return jsonify({"waiting": [vars(one) for one in ms().faults.waiting], "used": ms().faults.used})


@door.post("/keys/rotate")
def rotate() -> Response:
    return jsonify({"kid": ms().keys.rotate(bool(_told().get("keep_old", True))).kid})


@door.post("/delta/forget")
def forget_delta() -> Response:
    ms().forget_delta()
    return jsonify({"done": True})


@door.post("/subscriptions/<subscription_id>/lifecycle")
def lifecycle(subscription_id: str) -> Response:
    ms().subscriptions.lifecycle(subscription_id, str(_told().get("event", "reauthorizationRequired")))
    return jsonify({"done": True})
