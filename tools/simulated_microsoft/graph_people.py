"""The simulated Graph, people: who somebody is, whom they report to, what they look like, where they belong."""

from __future__ import annotations

import secrets
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request
from PIL import Image

from tools.simulated_microsoft import odata
from tools.simulated_microsoft.gate import (
    READ_GROUPS,
    READ_PEOPLE,
    GraphError,
    allow,
    both,
    caller,
    ms,
    someone,
)
from tools.simulated_microsoft.people import DOMAIN, FIRM, Person, object_id

door = Blueprint("graph_people", __name__)
Row = dict[str, Any]
DEFAULT = (
    "businessPhones,displayName,givenName,jobTitle,mail,mobilePhone,officeLocation,preferredLanguage,"
    "surname,userPrincipalName"
)
MOST, USUAL = 999, 100


def user(person: Person) -> Row:
    """A person with the columns that were asked for."""
    row = odata.chosen(person.row(), request.args.get("$select", "") or DEFAULT)
    if "manager" in request.args.get("$expand", ""):
        boss = ms().person(person.manager) if person.manager else None
        if boss is not None:
            row["manager"] = {"@odata.type": "#microsoft.graph.user"} | odata.chosen(boss.row(), DEFAULT)
    return row


def page(rows: list[Row], size: int) -> Response:
    """A page of a list; the address of the next one holds how many went before."""
    start = request.args.get("$skiptoken", request.args.get("$skip", "0"))
    first = int(start) if start.isdigit() else 0
    told: Row = {
        "@odata.context": f"{ms().graph_url}/$metadata#Collection",
        "value": rows[first : first + size],
    }
    if request.args.get("$count") == "true":
        told["@odata.count"] = len(rows)
    if first + size < len(rows):
        told["@odata.nextLink"] = again(**{"$skiptoken": str(first + size)})
    return jsonify(told)


def again(**changed: str) -> str:
    """The address of this request with other parameters."""
    left = {
        name: value
        for name, value in request.args.items()
        if name not in ("$skiptoken", "$skip", "$deltatoken")
    }
    return f"{ms().base_url}{request.path}?{urlencode(left | changed)}"


def size_asked(most: int = MOST, usual: int = USUAL) -> int:
    told = request.args.get("$top", str(usual))
    if not told.isdigit() or not 0 < int(told) <= most:
        raise GraphError(400, "Request_BadRequest", "Invalid page size specified.")
    return int(told)


@door.errorhandler(odata.BadQuery)
def not_understood(error: odata.BadQuery) -> Response:
    return GraphError(400, "BadRequest", str(error)).answer()


@door.get("/v1.0/users")
def users() -> Response:
    allow(caller(), READ_PEOPLE, "Authorization_RequestDenied")
    people = {
        person.object_id: person for person in ms().people.values() if person.tenant_id == ms().tenant_id
    }
    kept = odata.matching([person.row() for person in people.values()], request.args.get("$filter", ""))
    kept = odata.ordered(kept, request.args.get("$orderby", ""))
    return page([user(people[row["id"]]) for row in kept], size_asked())


@door.get("/v1.0/users/delta")
def users_delta() -> Response:
    """People that changed since a delta link was given; the first answer holds everybody."""
    allow(caller(), READ_PEOPLE, "Authorization_RequestDenied")
    now = {p.object_id: user(p) for p in ms().people.values() if p.tenant_id == ms().tenant_id}
    before: dict[str, Row] = {}
    if request.args.get("$deltatoken"):
        found = ms().rounds.get(request.args["$deltatoken"])
        if found is None:
            where = {"Location": again(**{"$deltatoken": ""})}
            raise GraphError(410, "syncStateNotFound", "resyncRequired: The sync state is not found.", where)
        before = found
    token = secrets.token_urlsafe(24)
    ms().rounds[token] = now
    value = [row for key, row in now.items() if before.get(key) != row]
    value += [{"id": key, "@removed": {"reason": "changed"}} for key in before if key not in now]
    return jsonify({"value": value, "@odata.deltaLink": again(**{"$deltatoken": token})})


@both(door, "")
def person(who: str) -> Response:
    return jsonify({"@odata.context": f"{ms().graph_url}/$metadata#users/$entity"} | user(someone(who)))


@both(door, "/manager")
def manager(who: str) -> Response:
    found = someone(who)
    allow(caller(), READ_PEOPLE, "Authorization_RequestDenied")
    boss = ms().person(found.manager) if found.manager else None
    if boss is None:
        words = "Resource 'manager' does not exist or one of its queried reference-property objects are not present."
        raise GraphError(404, "Request_ResourceNotFound", words)
    return jsonify(
        {"@odata.type": "#microsoft.graph.user"}
        | odata.chosen(boss.row(), request.args.get("$select", "") or DEFAULT)
    )


# Photos


@both(door, "/photo")
def photo(who: str) -> Response:
    image = Image.open(BytesIO(_photo(who)))
    told = {"@odata.mediaContentType": "image/jpeg", "id": f"{image.width}x{image.height}"}
    return jsonify(told | {"width": image.width, "height": image.height})


@both(door, "/photo/$value")
def photo_bytes(who: str) -> Response:
    return Response(_photo(who), mimetype="image/jpeg")


@both(door, "/photos/<size>/$value")
def photo_sized(who: str, size: str) -> Response:
    width, _, height = size.partition("x")
    if not (width.isdigit() and height.isdigit() and 0 < int(width) <= 648 and 0 < int(height) <= 648):
        raise GraphError(400, "ErrorInvalidImageId", "The image size is not valid.")
    image = Image.open(BytesIO(_photo(who))).resize((int(width), int(height)))
    file = BytesIO()
    image.save(file, "JPEG")
    return Response(file.getvalue(), mimetype="image/jpeg")


def _photo(who: str) -> bytes:
    found = someone(who).photo
    if found is None:
        raise GraphError(404, "ImageNotFound", "The photo wasn't found.")
    return found


# Groups


def group(group_id: str) -> Row:
    name = "IT" if group_id == object_id("group IT") else f"Gruppe {group_id[:8]}"
    return {
        "@odata.type": "#microsoft.graph.group",
        "id": group_id,
        "displayName": name,
        "securityEnabled": True,
    }


def _member(who: str) -> Person:
    found = someone(who)
    if who != "me":
        allow(caller(), READ_GROUPS, "Authorization_RequestDenied")
    return found


@both(door, "/memberOf")
def member_of(who: str) -> Response:
    return page(
        [odata.chosen(group(one), request.args.get("$select", "")) for one in _member(who).groups],
        size_asked(),
    )


@both(door, "/transitiveMemberOf/microsoft.graph.group")
def transitive_member_of(who: str) -> Response:
    return page(
        [odata.chosen(group(one), request.args.get("$select", "")) for one in _member(who).groups],
        size_asked(),
    )


@both(door, "/getMemberObjects", "POST")
def member_objects(who: str) -> Response:
    return _objects(who)


def _objects(who: str) -> Response:
    found = _member(who)
    told = request.get_json(silent=True)
    if not isinstance(told, dict) or not isinstance(told.get("securityEnabledOnly"), bool):
        raise GraphError(400, "Request_BadRequest", "securityEnabledOnly is missing.")
    return jsonify({"value": list(found.groups)})


@both(door, "/getMemberGroups", "POST")
def member_groups(who: str) -> Response:
    return _objects(who)


@door.get("/v1.0/groups/<group_id>")
def one_group(group_id: str) -> Response:
    allow(caller(), READ_GROUPS, "Authorization_RequestDenied")
    if not any(group_id in person.groups for person in ms().people.values()):
        raise GraphError(404, "Request_ResourceNotFound", f"Resource '{group_id}' does not exist.")
    return jsonify(group(group_id))


@door.get("/v1.0/organization")
def organization() -> Response:
    allow(
        caller(), ("Organization.Read.All", "Directory.Read.All", "User.Read"), "Authorization_RequestDenied"
    )
    domains = [{"name": DOMAIN, "isDefault": True, "isInitial": False, "type": "Managed"}]
    row = {"id": ms().tenant_id, "displayName": FIRM, "verifiedDomains": domains, "countryLetterCode": "DE"}
    return jsonify({"value": [row]})
