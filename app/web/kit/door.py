"""Door: a blueprint without a route that does not say who may pass, what it takes and which unit it opens."""

from __future__ import annotations

import functools
import hashlib
import inspect
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from flask import Blueprint, Response, flash, g, make_response, redirect, request
from pydantic import BaseModel
from werkzeug.exceptions import BadRequest

from app.accounts import permissions
from app.core import fault
from app.core.actor import Actor
from app.core.errors import Forbidden, Invalid, NotSignedIn, Unavailable
from app.core.language import _
from app.core.uow import ATTEMPTS, Unit, again_after, unit_of_work
from app.web.kit.again import Sent, keep_answer, told_before
from app.web.kit.forms import Form
from app.web.kit.visitor import current_actor

PUBLIC = "public"
SIGNED_IN = "signed-in"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
View = Callable[..., Any]


class DoorError(TypeError):
    """A route was declared wrongly; the application does not start."""


class Body(StrEnum):
    """What a body is made of, where a program speaks."""

    JSON = "application/json"
    FILE = "multipart/form-data"
    BYTES = "application/octet-stream"
    ANY = "*/*"


@dataclass(frozen=True)
class Route:
    """One line of the table from which the permission matrix and the documents are made.

    ``matches``: the change may be bound to the version the caller saw (If-Match). ``brings`` and ``answers``: what
    the bodies are made of; ``streams``: the answer may also come as a stream of events;
    ``by_key``: an API key opens it, too, one with this ``scope``; ``gives_staff``: the fuller shape staff get.
    """

    endpoint: str
    rule: str
    method: str
    allow: str
    takes: type[BaseModel] | None
    own_unit: bool
    gives: type[BaseModel] | None = None
    is_json: bool = False
    status: int = 200
    matches: bool = False
    brings: Body = Body.JSON
    answers: Body = Body.JSON
    streams: bool = False
    by_key: bool = True
    scope: str = ""
    gives_staff: type[BaseModel] | None = None
    summary: str = ""
    description: str = ""


class Door(Blueprint):
    """A way in. Every route says ``allow=``: a permission name, SIGNED_IN or, aloud, PUBLIC."""

    def __init__(self, name: str, import_name: str, **options: Any) -> None:
        super().__init__(name, import_name, **options)
        self.table: list[Route] = []

    def route(self, *args: Any, **kwargs: Any) -> Any:
        raise DoorError("a door has no plain routes: use page() or deed() with allow=")

    def page(
        self, rule: str, *, allow: str, query: type[BaseModel] | None = None, unsafe: str = ""
    ) -> Callable[[View], View]:
        """A page to read (GET): ``view(actor, query?, **path)``; changing anything in it is an error.

        Args:
            unsafe: why this one changes something all the same, in units it opens itself.
        """

        def add(view: View) -> View:
            self._note(view, Route("", rule, "GET", allow, query, own_unit=bool(unsafe)))

            @functools.wraps(view)
            def reading(**path: Any) -> Any:
                actor = admitted(allow)
                if query is None:
                    return view(actor, **path)
                return view(actor, _query(query), **path)

            self.add_url_rule(rule, view.__name__, reading, methods=["GET"])
            return view

        return add

    def deed(
        self,
        rule: str,
        *,
        allow: str,
        takes: type[BaseModel] | None = None,
        again: View | None = None,
        uploads: Callable[[Actor], list[int]] | None = None,
        own_unit: bool = False,
        shown_once: str = "",
    ) -> Callable[[View], View]:
        """A change (POST): ``view(actor, command?, **path)`` inside a unit of work.

        Args:
            allow: who may do it at all.
            takes: the command the form makes.
            again: ``again(actor, form, **path)`` shows the form once more, with its problems, as 422.
            uploads: stores sent files before the unit opens and returns their ids (field ``attachment_ids``).
            own_unit: the view opens its units itself (slow password hashing must not hold a lock).
            shown_once: the answer shows a secret that is kept nowhere; the same form once more leads to this address.
        """
        if takes is not None and again is None:
            raise DoorError(f"{rule}: a deed that takes a form says how to show it again")

        def add(view: View) -> View:
            self._note(view, Route("", rule, "POST", allow, takes, own_unit))

            @functools.wraps(view)
            def doing(**path: Any) -> Any:
                actor = admitted(allow)
                _refuse_unwritable(values=takes is None)
                if takes is None or again is None:
                    return done(own_unit, functools.partial(view, actor, **path), actor, _sent(), shown_once)
                form: Form[Any] = Form(request.form)
                if uploads is not None:
                    _take_files(uploads, actor, form)
                command = form.parse(takes)
                if command is not None:
                    work = functools.partial(view, actor, command, **path)
                    try:
                        return done(own_unit, work, actor, _sent(), shown_once)
                    except Invalid as refusal:
                        form.blame(refusal.problems)
                return make_response(again(actor, form, **path), 422)

            self.add_url_rule(rule, view.__name__, doing, methods=["POST"])
            return view

        return add

    def _note(self, view: View, route: Route) -> None:
        if route.allow not in (PUBLIC, SIGNED_IN) and not permissions.known(route.allow):
            raise DoorError(f"{route.rule}: allow={route.allow!r} is no permission of the table")
        summary, _blank, description = (inspect.getdoc(view) or "").partition("\n")
        named = replace(
            route,
            endpoint=f"{self.name}.{view.__name__}",
            rule=(self.url_prefix or "") + route.rule,
            summary=summary.rstrip("."),
            description=description.strip(),
        )
        self.table.append(named)


def admitted(allow: str) -> Actor:
    """Whoever is at the door, when they may pass.

    Raises:
        NotSignedIn, Forbidden: they may not.
        Unavailable: the database cannot say who it is.
    """
    actor = current_actor()
    if allow == PUBLIC:
        return actor
    if not actor.is_signed_in:
        raise Unavailable if g.get("database_down") else NotSignedIn
    if allow != SIGNED_IN and not actor.can(allow):
        raise Forbidden(permission=allow)
    return actor


def _refuse_unwritable(*, values: bool) -> None:
    """No form of ours carries NUL bytes: not in names, and in values only where a form can say so."""
    if any("\x00" in name or (values and "\x00" in value) for name, value in request.form.items(multi=True)):
        raise BadRequest


def _take_files(uploads: Callable[[Actor], list[int]], actor: Actor, form: Form[Any]) -> None:
    """Store what was sent; a refused file is a problem of the form, so that nothing typed is lost."""
    try:
        for attachment_id in uploads(actor):
            form.add("attachment_ids", str(attachment_id))
    except Invalid as refusal:
        form.blame(refusal.problems)


def _query(model: type[BaseModel]) -> BaseModel:
    known = {name: request.args.getlist(name) for name in model.model_fields if name in request.args}
    form: Form[Any] = Form()
    for name, values in known.items():
        for value in values:
            form.add(name, value)
    made: BaseModel | None = form.parse(model)
    if made is None:
        raise Invalid({name: form.errors(name) for name, _text in form.problems})
    return made


def done(own_unit: bool, work: Callable[[], Any], actor: Actor, sent: Sent, shown_once: str = "") -> Response:
    """Do the work of a route in a unit, again from the start when the database asks for it.

    Args:
        own_unit: the work opens its units itself, and what it answered is not kept.
        shown_once: where a repeat leads whose answer showed a secret.
    """
    if own_unit:
        return make_response(work())
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _once_in_unit(work, actor, sent, shown_once)
        except Exception as error:
            if attempt == ATTEMPTS or not again_after(error):
                raise
            time.sleep(random.uniform(0.005, 0.03) * attempt)  # noqa: S311 jitter needs no secrecy
    raise AssertionError("unreachable")


class _Refused(Exception):
    """Carries an answer of status 400 or more out of the unit, so that the unit rolls back."""

    def __init__(self, answer: Response) -> None:
        self.answer = answer


def _once_in_unit(work: Callable[[], Any], actor: Actor, sent: Sent, shown_once: str) -> Response:
    try:
        with unit_of_work() as unit:
            answer = _answer(unit, work, actor, sent, shown_once)
    except _Refused as refused:
        return refused.answer
    fault.point("web.committed")
    return answer


def _answer(unit: Unit, work: Callable[[], Any], actor: Actor, sent: Sent, shown_once: str) -> Response:
    before = told_before(actor, sent)
    if before is not None:
        if shown_once:
            flash(_("This was sent already. What was shown then is not shown again."))
        return before
    answer = make_response(work())
    if answer.status_code >= 400 and not unit.kept:
        raise _Refused(answer)
    if sent.key and answer.status_code < 400:
        keep_answer(actor, sent, make_response(redirect(shown_once, 303)) if shown_once else answer)
    return answer


def _sent() -> Sent:
    pairs = sorted((k, v) for k, v in request.form.items(multi=True) if k not in ("csrf_token", "_once"))
    body_hash = hashlib.sha256(repr(pairs).encode("utf-8", "replace")).hexdigest()
    return Sent(request.form.get("_once", "")[:80], body_hash)
