"""A site of four small pages made of the building blocks, so that scripts are tested without the rooms behind them."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from flask import Flask, Response, render_template, request
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader

from app.core.actor import Actor, ActorKind
from app.web.kit import assets, brand, guard, marks
from app.web.kit.forms import Form

PATIENCE_SECONDS = 5
LEA = Actor(ActorKind.PERSON, 2, "Lea Hoffmann", "lea@musterwerk.example", "support_agent")

PAGES = {
    "lone.html": '{% extends "layouts/plain.html" %}{% block title %}Probe{% endblock %}',
    "ticket.html": """{% extends "lone.html" %}{% from "kit/composer.html" import composer %}
{% from "kit/forms.html" import submit %}{% block content %}<h1>Ticket</h1>
{% set both = {"field": "body", "saved_at": "", "fields": {}} %}
{% set reply = dict(both, form=form, action="/reply", draft_url="/draft/reply") %}
{% set note = dict(both, form=blank, action="/note", draft_url="/draft/note") %}
{% call(part) composer(reply, note) %}{% if part == "send" %}{{ submit("Senden") }}{% endif %}{% endcall %}
<time id="due" datetime="2030-01-01T12:00:00Z" data-sla-due="at_risk">noch 48 Min.</time>{% endblock %}""",
    "queue.html": """{% extends "lone.html" %}{% block content %}<h1>Liste</h1><p data-queue-state></p>
<div id="queue-fresh" hidden><button type="button"></button></div>
<div id="queue" data-queue data-poll><table><tbody>{% for n, text in rows %}
<tr id="t-{{ n }}"><td class="subj"><a href="#{{ n }}">{{ text }}</a></td></tr>{% endfor %}
</tbody></table></div>{% endblock %}""",
    "form.html": """{% extends "lone.html" %}{% import "kit/forms.html" as f %}{% block content %}<h1>Formular</h1>
{{ f.error_summary(form) }}<form id="little" method="post" action="/count" novalidate>{{ f.csrf() }}
{{ f.field(form, "title", "Titel") }}
{{ f.files(form, "files", "Dateien", max_bytes=1000, max_files=3) }}{{ f.submit("Senden") }}</form>{% endblock %}""",
}


class Site:
    name = "Musterwerk"
    hours = support_phone = support_email = imprint_url = privacy_url = accent = logo_url = ""


class World:
    """What the little site answers and what reached it."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        self.gate = threading.Event()
        self.answer = "ok"
        self.rows = [(1, "eins"), (2, "zwei")]
        self.drafts: list[str] = []
        self.sent: list[str] = []


def site(world: World) -> Flask:
    app = Flask("little-site", static_folder=None)
    app.jinja_loader = ChoiceLoader([FileSystemLoader(Path("app/templates").resolve()), DictLoader(PAGES)])
    env = app.jinja_env
    marks.give(env)
    app.secret_key = "only-here"
    env.globals.update(asset=assets.url, once_key=lambda: "key", csrf_token=lambda: "token-of-the-page")
    assets.register(app)
    brand.register(app)
    app.context_processor(lambda: {"actor": LEA, "site": Site, "path": request.path, "language": "de"})

    def form(problem: str = "") -> Form[Any]:
        made: Form[Any] = Form({"body": request.form.get("body", "")})
        made.blame({"body": [problem]} if problem else {})
        return made

    def error(status: int) -> tuple[str, int, dict[str, str]]:
        page = render_template(
            "errors/error.html", status=status, message="", problems=[], reference="ref-123", is_fragment=True
        )
        return page, status, {"X-Request-ID": "ref-123"}

    @app.get("/ticket")
    @app.get("/auth/profile")
    def ticket() -> str:
        return render_template("ticket.html", form=form(), blank=Form())

    @app.get("/queue")
    def queue() -> str:
        return render_template("queue.html", rows=world.rows)

    @app.get("/form")
    def page_with_form() -> str:
        bad = form("Fehlt.") if request.args.get("bad") else form()
        return render_template("form.html", form=bad)

    @app.post("/draft/<kind>")
    def draft(kind: str) -> tuple[str, int]:
        assert request.headers["X-CSRFToken"] == "token-of-the-page"
        if world.answer == "down":
            return "", 503
        world.drafts.append(f"{kind}: {request.form['text']}")
        return "", 204

    @app.post("/reply")
    def reply() -> Any:
        assert request.headers["X-CSRFToken"] == "token-of-the-page"
        if world.answer == "bad":
            return render_template("ticket.html", form=form("Zu kurz."), blank=Form()), 422
        if world.answer in ("401", "403"):
            return error(int(world.answer))
        world.sent.append(request.form["body"])
        return Response(status=204, headers={"HX-Redirect": "/form"})

    @app.post("/count")
    def count() -> tuple[str, int]:
        world.sent.append("form")
        world.gate.wait(PATIENCE_SECONDS)
        return "", 204

    @app.after_request
    def policy(answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = guard.CSP
        return answer

    return app
