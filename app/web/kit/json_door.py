"""JsonDoor: the door for programs. Who may pass, what is taken and what is given stand at every call."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Response, make_response, request
from pydantic import BaseModel
from werkzeug.exceptions import BadRequest

from app.accounts.permissions import UNTIL_ENROLLED
from app.core.actor import Actor
from app.core.errors import Forbidden
from app.web.kit import json_answers, json_body, json_fields, json_files, quota, scopes
from app.web.kit.again import Sent, told_before
from app.web.kit.door import PUBLIC, Body, Door, DoorError, Route, View, admitted, done
from app.web.kit.guard import csrf, network
from app.web.kit.json_answers import Answer
from app.web.kit.visitor import caller

METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
LONGEST_KEY = 80
KEY_SIGNS = re.compile("[!-~]+")
# What only a person opens who signed in: a key can neither change a sign-in nor make keys, and has no device.
PERSONAL = ("/auth/", "/api-keys", "/devices")


class SecondFactorNeeded(Forbidden):
    """An administrator without the second factor that is demanded does nothing here but sign out."""

    word = "second_factor_needed"


class JsonDoor(Door):
    """A way in for programs: by token and never by cookie, so that no page of another site can call it (A57)."""

    def __init__(self, name: str, import_name: str, *, url_prefix: str) -> None:
        super().__init__(name, import_name, url_prefix=url_prefix)
        csrf.exempt(self)
        self.after_request(quota.tell)

    def page(self, *_args: Any, **_kwargs: Any) -> Any:
        raise DoorError("a JSON door has no pages: use read()")

    def deed(self, *_args: Any, **_kwargs: Any) -> Any:
        raise DoorError("a JSON door takes no forms: use change()")

    def read(
        self,
        rule: str,
        *,
        allow: str,
        gives: type[Answer],
        query: type[BaseModel] | None = None,
        streams: bool = False,
        gives_staff: type[Answer] | None = None,
    ) -> Callable[[View], View]:
        """Something to read (GET): ``view(actor, query?, **path) -> gives``; changing anything in it is an error.

        Args:
            streams: the view may give a response of its own, a stream of events, where the caller accepts one.
            gives_staff: the fuller shape that staff get in place of ``gives``.
        """
        route = Route("", rule, "GET", allow, query, False, gives, is_json=True, streams=streams)
        route = replace(route, gives_staff=gives_staff)
        return functools.partial(self._add, route, _read)

    def file(self, rule: str, *, allow: str) -> Callable[[View], View]:
        """Bytes to read (GET): ``view(actor, **path)`` gives the response itself (see ``downloads``)."""
        route = Route("", rule, "GET", allow, None, own_unit=False, is_json=True, answers=Body.ANY)
        return functools.partial(self._add, route, _read)

    def change(
        self,
        rule: str,
        *,
        allow: str,
        method: str = "POST",
        takes: type[BaseModel] | None = None,
        gives: type[Answer] | None = None,
        status: int = 0,
        own_unit: bool = False,
        matches: bool = False,
        gives_staff: type[Answer] | None = None,
    ) -> Callable[[View], View]:
        """A change: ``view(actor, command?, **path) -> gives`` inside a unit of work.

        Args:
            gives: None for an answer without a body (204). A view may give ``(answer, path)`` for one with a
                Location, the path below the site.
            status: of the answer; 200, or 204 without a body, where nothing is said.
            own_unit: the view opens its units itself (outside calls, slow hashing). Its answers are not kept for an
                ``Idempotency-Key``: they carry tokens.
            matches: the view heeds ``entity_tags.expected_version()``; elsewhere If-Match is refused, because a
                caller who sends it counts on it.
        """
        if method not in METHODS:
            raise DoorError(f"{rule}: {method} changes nothing")
        status = status or (204 if gives is None else 200)
        route = Route("", rule, method, allow, takes, own_unit, gives, True, status, matches)
        route = replace(route, gives_staff=gives_staff)
        return functools.partial(self._add, route, _change)

    def upload(
        self, rule: str, *, allow: str, store: json_files.Store, gives: type[Answer], method: str = "POST"
    ) -> Callable[[View], View]:
        """One file as a form (field ``file``): ``view(actor, stored, **path) -> gives`` inside a unit of work.

        Args:
            store: puts the bytes away before the unit opens; what it gives is handed to the view.
        """
        status = 201 if method == "POST" else 200
        route = Route("", rule, method, allow, None, False, gives, True, status, brings=Body.FILE)
        return functools.partial(self._add, route, functools.partial(_upload, store))

    def take(
        self, rule: str, *, allow: str, store: Callable[..., Any], gives: type[Answer]
    ) -> Callable[[View], View]:
        """Bare bytes (PUT): ``view(actor, stored, **path) -> gives`` inside a unit of work; sending them again is safe.

        Args:
            store: ``store(actor, sent, **path)`` decides whether they may come at all and puts them away as they
                arrive, before the unit opens; what it gives is handed to the view.
        """
        route = Route("", rule, "PUT", allow, None, False, gives, True, brings=Body.BYTES)
        return functools.partial(self._add, route, functools.partial(_take, store))

    def _add(self, route: Route, answering: View, view: View) -> View:
        """Hang a view where both ways to write its address lead: a slash at the end is the same."""
        by_key = not route.rule.startswith(PERSONAL)
        scope = str(scopes.needed(route.rule, route.method)) if by_key else ""
        route = replace(route, by_key=by_key, scope=scope)
        self._note(view, route)
        self.add_url_rule(
            route.rule,
            view.__name__,
            functools.partial(answering, route, view),
            methods=[route.method],
            strict_slashes=False,
        )
        return view


def _read(route: Route, view: View, **path: Any) -> Response:
    actor = _counted(route)
    asked = () if route.takes is None else (json_body.query(route.takes),)
    if route.takes is None:
        _nothing_asked()
    found = view(actor, *asked, **path)
    return make_response(found) if route.answers is Body.ANY else _told(found, route, *asked)


def _change(route: Route, view: View, **path: Any) -> Response:
    actor = _counted(route)
    _nothing_asked()
    _heard(route)
    command = json_body.command(route.takes)
    asked = () if route.takes is None else (command,)
    # Another version to start from makes another request of it.
    head = f"{request.method} {request.headers.get('If-Match', '')}\n".encode()
    body_hash = hashlib.sha256(head + request.get_data()).hexdigest()
    return done(
        route.own_unit, lambda: _told(view(actor, *asked, **path), route), actor, Sent(_key(), body_hash)
    )


def _upload(store: json_files.Store, route: Route, view: View, **path: Any) -> Response:
    actor = _counted(route)
    _nothing_asked()
    _heard(route)
    file = json_files.only_file()
    key = _key()
    sent = Sent(key, json_files.hash_of(file) if key else "")
    before = told_before(actor, sent)
    if before is not None:
        return before
    stored = store(file)
    return done(False, lambda: _told(view(actor, stored, **path), route), actor, sent)


def _take(store: Callable[..., Any], route: Route, view: View, **path: Any) -> Response:
    actor = _counted(route)
    _nothing_asked()
    _heard(route)
    stored = store(actor, json_files.only_bytes(), **path)
    return done(False, lambda: _told(view(actor, stored, **path), route), actor, Sent("", ""))


def _nothing_asked() -> None:
    """An address with a question mark where nothing is asked is a mistake that would go unheard.

    Raises:
        Invalid: there are parameters.
    """
    if request.args:
        json_body.query(json_body.Nothing)


def _heard(route: Route) -> None:
    """Whoever sends If-Match counts on it.

    Raises:
        BadRequest: it would go unheard here.
    """
    if not route.matches and "If-Match" in request.headers:
        raise BadRequest


def _counted(route: Route) -> Actor:
    here = network()
    actor = caller(here)
    quota.count(actor, here)
    if actor.rights == UNTIL_ENROLLED and route.allow not in (PUBLIC, *UNTIL_ENROLLED):
        raise SecondFactorNeeded
    scopes.heed(actor, route.scope)
    return admitted(route.allow)


def _told(found: Any, route: Route, query: BaseModel | None = None) -> Response:
    if route.gives is None:
        return json_answers.tell(None, route.status)
    if route.streams and isinstance(found, Response):
        return found
    answer, path = found if isinstance(found, tuple) else (found, "")
    if not isinstance(answer, Answer) or not isinstance(
        answer, (route.gives, route.gives_staff or route.gives)
    ):
        raise TypeError(f"{request.endpoint} gives {type(answer).__name__}, not {route.gives.__name__}")
    told = json_answers.tell(answer, route.status, kept=json_fields.kept(answer, query))
    if path:
        told.headers["Location"] = path
    return told


def _key() -> str:
    """The key that makes this request the same as an earlier one.

    Raises:
        BadRequest: empty, longer than any key, or not of plain signs.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return ""
    if not 0 < len(key) <= LONGEST_KEY or not KEY_SIGNS.fullmatch(key):
        raise BadRequest
    return key
