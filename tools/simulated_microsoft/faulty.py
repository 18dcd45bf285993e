"""Carries faults out: instead of an answer, or on the answer (F23)."""

from __future__ import annotations

import contextlib
import json
import socket

from flask import Response, g, request

from tools.simulated_microsoft.faults import Fault
from tools.simulated_microsoft.gate import GraphError, ms
from tools.simulated_microsoft.mailboxes import NotThere

HANG_SECONDS = 120.0
NO_ANSWER = 499
HTML = "<!DOCTYPE html><html><head><title>Service unavailable</title></head><body>Our services are busy.</body></html>"
SAID = {
    "429": (429, "TooManyRequests", "Please retry again later."),
    "503": (503, "ServiceUnavailable", "The service is temporarily unavailable."),
    "500": (500, "InternalServerError", "An internal server error occurred."),
    "504": (504, "UnknownError", "Gateway timeout."),
    "504_done": (504, "UnknownError", "Gateway timeout."),
    "401": (401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid."),
    "410": (410, "SyncStateNotFound", "The sync state generation is not found; resyncRequired."),
}


def before(fault: Fault) -> Response | None:
    """What is said instead of doing it; None lets the request go on."""
    if fault.kind in SAID and fault.kind != "504_done":
        return _said(fault)
    if fault.kind == "html":
        return Response(HTML, 200, mimetype="text/html")
    if fault.kind == "slow":
        ms().faults.released.wait(fault.seconds)
    if fault.kind == "id_changed":
        _lose_id()
    if fault.kind in ("hang", "hang_up"):
        if fault.kind == "hang":
            ms().faults.released.wait(HANG_SECONDS)
        return _hung_up()
    return None


def after(fault: Fault, response: Response) -> Response:
    """What comes of the answer to a deed that was done."""
    if fault.kind == "504_done":
        return _said(fault)
    if fault.kind == "hang_up_done":
        return _hung_up()
    if fault.kind == "cut_json":
        half = response.get_data()[: max(1, response.calculate_content_length() or 0) // 2]
        response.set_data(half)
    if fault.kind == "cut":
        whole = response.get_data()
        response.response = [whole[: len(whole) // 2]]
        response.headers["Content-Length"] = str(max(len(whole), 1))
    if fault.kind == "next_link_loop":
        _loop(response)
    return response


def _said(fault: Fault) -> Response:
    status, code, words = SAID[fault.kind]
    headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after is not None else {}
    if fault.kind == "410":
        headers["Location"] = f"{ms().base_url}{request.path}?$deltatoken="
    return GraphError(status, code, words, headers).answer()


def _hung_up() -> Response:
    """End the connection; what is returned reaches nobody."""
    g.seen.status = NO_ANSWER
    connection = request.environ.get("werkzeug.socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    return Response(b"", NO_ANSWER)


def _lose_id() -> None:
    message_id = str((request.view_args or {}).get("message_id", ""))
    for mailbox in list(ms().mailboxes.values()):
        with contextlib.suppress(NotThere):
            mailbox.lose_id(message_id)


def _loop(response: Response) -> None:
    told = response.get_json(silent=True)
    if isinstance(told, dict) and "value" in told:
        told.pop("@odata.deltaLink", None)
        told["@odata.nextLink"] = request.url
        response.set_data(json.dumps(told))
