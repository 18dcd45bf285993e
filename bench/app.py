"""The application under measurement, with its yardsticks beside it: `gunicorn "bench.app:make()"`.

``/plain/`` is a plain Flask application with one SELECT, ``/bench/bare`` a bare public route of this application,
``/bench/page`` a page with nothing on it for somebody signed in, ``/api/bench/tickets/bare`` the same for a program.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from app import create_app
from app.core.actor import Actor
from app.web.kit import page
from app.web.kit.door import PUBLIC, Door
from app.web.kit.json_answers import Answer
from app.web.kit.json_door import JsonDoor

EMPTY = """{% extends "layouts/agent.html" %}
{% block title %}Bench{% endblock %}
{% block content %}<h1>Bench</h1>{% endblock %}"""


def make() -> Callable[..., Any]:
    """The WSGI application, set up from the environment like the product."""
    app = create_app()
    app.register_blueprint(_door())
    app.register_blueprint(_json_door())
    loaders = [app.jinja_env.loader, DictLoader({"bench.html": EMPTY})]
    app.jinja_env.loader = ChoiceLoader([loader for loader in loaders if loader])
    plain = _plain(app.config["SQLALCHEMY_DATABASE_URI"])
    return DispatcherMiddleware(app, {"/plain": plain})


def _door() -> Door:
    door = Door("bench", __name__, url_prefix="/bench")

    @door.page("/bare", allow=PUBLIC)
    def bare(actor: Actor) -> str:
        return "ok"

    @door.page("/page", allow="tickets.work")
    def empty(actor: Actor) -> str:
        return page.render("bench.html", nav={})

    return door


class Bare(Answer):
    """An answer with next to nothing in it."""

    ok: bool


def _json_door() -> JsonDoor:
    door = JsonDoor("bench_api", __name__, url_prefix="/api/bench")

    @door.read("/tickets/bare", allow="tickets.work", gives=Bare)
    def bare(actor: Actor) -> Bare:
        return Bare(ok=True)

    return door


def _plain(url: str) -> Flask:
    """What every other framework would be measured by: one route, one SELECT, a few bytes."""
    app, engine = Flask("plain"), sa.create_engine(url, pool_size=16)
    title = sa.text("SELECT title FROM ticket WHERE id = :id")

    @app.get("/")
    def one() -> str:
        with engine.connect() as connection:
            return str(connection.execute(title, {"id": 1}).scalar())

    return app
