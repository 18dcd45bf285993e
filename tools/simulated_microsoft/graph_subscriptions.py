"""The simulated Graph, subscriptions to mail."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from tools.simulated_microsoft.gate import READ_MAIL, GraphError, caller, mailbox, ms
from tools.simulated_microsoft.graph_mail import body
from tools.simulated_microsoft.subscriptions import RESOURCE, Subscription

door = Blueprint("graph_subscriptions", __name__)


@door.post("/v1.0/subscriptions")
def open_subscription() -> tuple[Response, int]:
    told = body()
    found = RESOURCE.fullmatch(str(told.get("resource") or ""))
    if found is None:
        raise GraphError(400, "ExtensionError", "The resource is not supported.")
    box = mailbox(found["who"] or "me", READ_MAIL)
    folder_id = box.folder(found["folder"]).folder_id if found["folder"] else ""
    made = ms().subscriptions.open(box, folder_id, told)
    return jsonify(made.row(ms().client_id)), 201


@door.get("/v1.0/subscriptions")
def subscriptions() -> Response:
    caller()
    return jsonify({"value": [one.row(ms().client_id) for one in ms().subscriptions.all.values()]})


@door.get("/v1.0/subscriptions/<subscription_id>")
def subscription(subscription_id: str) -> Response:
    return jsonify(_one(subscription_id).row(ms().client_id))


@door.patch("/v1.0/subscriptions/<subscription_id>")
def renew(subscription_id: str) -> Response:
    one = _one(subscription_id)
    one.ends_at = ms().subscriptions.end(str(body().get("expirationDateTime") or ""))
    one.reauthorize = False
    return jsonify(one.row(ms().client_id))


@door.post("/v1.0/subscriptions/<subscription_id>/reauthorize")
def reauthorize(subscription_id: str) -> tuple[str, int]:
    _one(subscription_id).reauthorize = False
    return "", 204


@door.delete("/v1.0/subscriptions/<subscription_id>")
def close(subscription_id: str) -> tuple[str, int]:
    del ms().subscriptions.all[_one(subscription_id).subscription_id]
    return "", 204


def _one(subscription_id: str) -> Subscription:
    caller()
    found = ms().subscriptions.all.get(subscription_id)
    if found is None:
        raise GraphError(404, "ResourceNotFound", "The object was not found.")
    return found
