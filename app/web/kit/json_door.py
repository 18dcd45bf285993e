"""JsonDoor: the door for programs. Who may pass, what is taken and what is given stand at every call."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from typing import Any

from flask import Response, request
from pydantic import BaseModel

from app.accounts.permissions import UNTIL_ENROLLED
from app.core.actor import Actor
from app.core.errors import Forbidden
from app.web.kit import json_answers, json_body, quota
from app.web.kit.door import PUBLIC, Door, DoorError, Route, Sent, View, admitted, done
from app.web.kit.guard import csrf, network
from app.web.kit.json_answers import Answer
from app.web.kit.visitor import current_actor

METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


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
        self, rule: str, *, allow: str, gives: type[Answer], query: type[BaseModel] | None = None
    ) -> Callable[[View], View]:
        """Something to read (GET): ``view(actor, query?, **path) -> gives``; changing anything in it is an error."""

        route = Route("", rule, "GET", allow, query, own_unit=False, gives=gives, is_json=True)
        return functools.partial(self._add, route, functools.partial(_read, route))

    def change(
        self,
        rule: str,
        *,
        allow: str,
        method: str = "POST",
        takes: type[BaseModel] | None = None,
        gives: type[Answer] | None = None,
        status: int = 200,
        own_unit: bool = False,
    ) -> Callable[[View], View]:
        """A change: ``view(actor, command?, **path) -> gives`` inside a unit of work.

        Args:
            gives: None for an answer without a body (204).
            own_unit: the view opens its units itself (outside calls, slow hashing). Its answers are not kept for an
                ``Idempotency-Key``: they carry tokens.
        """
        if method not in METHODS:
            raise DoorError(f"{rule}: {method} changes nothing")

        route = Route("", rule, method, allow, takes, own_unit, gives, is_json=True)
        return functools.partial(self._add, route, functools.partial(_change, route, status))

    def _add(self, route: Route, answering: View, view: View) -> View:
        """Hang a view where both ways to write its address lead: a slash at the end is the same."""
        self._note(view, route)
        self.add_url_rule(
            route.rule,
            view.__name__,
            functools.partial(answering, view),
            methods=[route.method],
            strict_slashes=False,
        )
        return view


def _read(route: Route, view: View, **path: Any) -> Response:
    actor = _counted(route.allow)
    asked = () if route.takes is None else (json_body.query(route.takes),)
    return _told(view(actor, *asked, **path), route.gives, 200)


def _change(route: Route, status: int, view: View, **path: Any) -> Response:
    actor = _counted(route.allow)
    command = json_body.command(route.takes)
    asked = () if route.takes is None else (command,)
    return done(
        route.own_unit, lambda: _told(view(actor, *asked, **path), route.gives, status), actor, _sent()
    )


def _counted(allow: str) -> Actor:
    actor = current_actor()
    quota.count(actor, network())
    if actor.rights == UNTIL_ENROLLED and allow not in (PUBLIC, *UNTIL_ENROLLED):
        raise SecondFactorNeeded
    return admitted(allow)


def _told(found: Any, gives: type[BaseModel] | None, status: int) -> Response:
    if gives is None:
        return json_answers.tell(None, 204)
    if not isinstance(found, Answer) or not isinstance(found, gives):
        raise TypeError(f"{request.endpoint} gives {type(found).__name__}, not {gives.__name__}")
    return json_answers.tell(found, status)


def _sent() -> Sent:
    return Sent(
        request.headers.get("Idempotency-Key", "")[:80],
        hashlib.sha256(request.method.encode() + request.get_data()).hexdigest(),
    )
