"""What a person sees of the simulation: people, mailboxes, cards, and buttons that break things."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from typing import Any

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from tools.simulated_microsoft import mime
from tools.simulated_microsoft.gate import moment, ms
from tools.simulated_microsoft.mailboxes import Mailbox, Message

door = Blueprint("pages", __name__)
BUTTONS = {
    "429": "Drosseln · throttle (429)",
    "503": "Nicht erreichbar · unavailable (503)",
    "504_done": "Angenommen, Antwort verloren · accepted, answer lost (504)",
    "401": "Token abgelaufen · token expired (401)",
    "410": "Stand vergessen · delta forgotten (410)",
    "html": "Müll statt JSON · garbage instead of JSON",
    "cut": "Antwort abgerissen · answer cut",
}
NEWEST = 30


@door.get("/")
def home() -> str:
    boxes = [(box, _folders(box)) for box in ms().mailboxes.values()]
    cards = list(reversed(ms().cards))[:NEWEST]
    photos = {key: _photo(one.photo) for key, one in ms().people.items()}
    return render_template(
        "home.html", boxes=boxes, cards=cards, photos=photos, buttons=BUTTONS, mail=mail_line
    )


def _folders(box: Mailbox) -> list[tuple[str, list[Message]]]:
    """Folders that hold something, the inbox always; the newest mails first."""
    found = [(one.name, box.messages(one.folder_id)[::-1]) for one in box.folders.values()]
    return [(name, mails[:NEWEST]) for place, (name, mails) in enumerate(found) if mails or not place]


def _photo(data: bytes | None) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}" if data else ""


def mail_line(one: Message) -> dict[str, str]:
    """What a list shows of a mail."""
    told = mime.parse(one.raw)
    names = {"subject": "Subject", "sender": "From", "to": "To"}
    return {key: mime.header(told, name) for key, name in names.items()} | {"at": moment(one.received_at)}


@door.get("/view/mailboxes/<address>/<message_id>")
def message(address: str, message_id: str) -> str:
    one = ms().mailbox(address).message(message_id)
    told: dict[str, Any] = mime.columns(one.raw)
    raw = one.raw.decode("utf-8", "replace")
    return render_template("message.html", box=address, line=mail_line(one), body=told["body"], raw=raw)


@door.post("/view/mail")
def write() -> Response:
    """Puts a mail into a mailbox, as if somebody had sent it."""
    told, box = request.form, ms().mailbox(request.form["to"])
    mail = EmailMessage(policy=SMTP)
    sender = ms().person(told.get("from", ""))
    address = sender.mail if sender else " ".join(told.get("from", "").split()) or "jemand@kunde.example"
    mail["From"] = f"{sender.name} <{address}>" if sender else address
    mail["To"] = box.address
    mail["Subject"] = " ".join(told.get("subject", "").split()) or "(ohne Betreff)"
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = make_msgid(domain=address.rpartition("@")[2].strip("<>") or "kunde.example")
    mail.set_content(told.get("text", ""))
    box.deliver(mail.as_bytes())
    return redirect("/#mail", 303)


@door.post("/view/fault")
def fault() -> Response:
    """Lets the next request to Graph or Teams go wrong."""
    ms().faults.add(request.form["kind"], path=r"^/(v1\.0|workflows)")
    return redirect("/#faults", 303)


@door.post("/view/calm")
def calm() -> Response:
    ms().faults.clear()
    return redirect("/#faults", 303)


@door.post("/view/rotate")
def rotate() -> Response:
    ms().keys.rotate()
    return redirect("/#faults", 303)


@door.post("/view/people")
def switch_person() -> Response:
    """Disables an account, or enables it again."""
    person = ms().person(request.form["person"])
    if person is not None:
        ms().change(person, enabled=not person.enabled)
    return redirect("/#people", 303)
