"""The simulated Graph, people: tokens are checked, permissions count, columns come as they do from Microsoft."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO

import pytest
import requests
import time_machine
from PIL import Image

from tools.simulated_microsoft import Microsoft

pytestmark = pytest.mark.sqlite_only
Caller = Callable[..., requests.Response]


def test_somebody_reads_who_they_are(microsoft: Microsoft, graph: Caller) -> None:
    told = graph("GET", "/me?$select=id,department,employeeId", microsoft.people["agent"]).json()
    told.pop("@odata.context")
    assert told == {"id": microsoft.people["agent"].object_id, "department": "IT", "employeeId": "M0002"}


def test_without_being_asked_the_department_is_not_said(microsoft: Microsoft, graph: Caller) -> None:
    assert "department" not in graph("GET", "/me", microsoft.people["agent"]).json()


def test_an_application_has_no_self(graph: Caller) -> None:
    assert graph("GET", "/me").status_code == 400


def test_the_manager_needs_a_permission_and_may_be_missing(microsoft: Microsoft, graph: Caller) -> None:
    agent = microsoft.people["agent"]
    refused = graph("GET", "/me/manager", agent)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "Authorization_RequestDenied")
    microsoft.grants_delegated |= {"User.Read.All"}
    assert graph("GET", "/me/manager", agent).json()["id"] == microsoft.people["leader"].object_id
    assert graph("GET", "/me/manager", microsoft.people["admin"]).status_code == 404
    told = graph("GET", f"/users/{agent.upn}?$expand=manager").json()
    assert told["manager"]["displayName"] == "Lena Leitner"


def test_a_photo_comes_in_the_size_that_is_asked_for(microsoft: Microsoft, graph: Caller) -> None:
    agent = microsoft.people["agent"]
    whole = graph("GET", "/me/photo/$value", agent)
    assert whole.headers["Content-Type"] == "image/jpeg"
    small = graph("GET", "/me/photos/120x120/$value", agent)
    assert Image.open(BytesIO(small.content)).size == (120, 120)
    none = graph("GET", f"/users/{microsoft.people['crowded'].object_id}/photo/$value")
    assert (none.status_code, none.json()["error"]["code"]) == (404, "ImageNotFound")


def test_groups_come_page_by_page(microsoft: Microsoft, graph: Caller) -> None:
    crowded, found = microsoft.people["crowded"], []
    address = "/me/transitiveMemberOf/microsoft.graph.group?$select=id&$top=100"
    while address:
        told = graph("GET", address, crowded).json()
        found += [one["id"] for one in told["value"]]
        address = told.get("@odata.nextLink", "")
    assert found == crowded.groups
    told = graph("POST", "/me/getMemberObjects", crowded, json={"securityEnabledOnly": False}).json()
    assert told["value"] == crowded.groups


def test_a_group_has_a_name(microsoft: Microsoft, graph: Caller) -> None:
    group = microsoft.people["agent"].groups[0]
    assert graph("GET", f"/groups/{group}").json()["displayName"] == "IT"
    assert graph("GET", "/groups/none").status_code == 404


def test_people_are_found_by_a_filter(microsoft: Microsoft, graph: Caller) -> None:
    wanted = {"$filter": "accountEnabled eq true and startswith(mail,'a')", "$select": "mail"}
    found = graph("GET", "/users", params=wanted).json()["value"]
    assert {one["mail"] for one in found} == {microsoft.people[key].mail for key in ("agent", "admin")}
    assert graph("GET", "/users", params={"$filter": "mail near 'x'"}).status_code == 400


def test_people_come_in_pages(microsoft: Microsoft, graph: Caller) -> None:
    first = graph("GET", "/users?$top=4").json()
    second = graph("GET", first["@odata.nextLink"]).json()
    assert len(first["value"] + second["value"]) == 7
    assert "@odata.nextLink" not in second


def test_changes_of_people_are_told_by_a_delta_link(microsoft: Microsoft, graph: Caller) -> None:
    address = graph("GET", "/users/delta?$select=mail").json()["@odata.deltaLink"]
    microsoft.change(microsoft.people["agent"], mail="neu@musterfirma.example")
    del microsoft.people["guest"]
    told = graph("GET", address).json()
    assert [one.get("mail") for one in told["value"]] == ["neu@musterfirma.example", None]
    assert told["value"][1]["@removed"] == {"reason": "changed"}
    microsoft.forget_delta()
    assert graph("GET", told["@odata.deltaLink"]).status_code == 410


def test_the_firm_has_a_name(graph: Caller) -> None:
    assert graph("GET", "/organization").json()["value"][0]["displayName"] == "Musterfirma"


def test_people_of_other_firms_are_not_in_the_directory(microsoft: Microsoft, graph: Caller) -> None:
    assert graph("GET", f"/users/{microsoft.people['foreign'].object_id}").status_code == 404


def test_a_token_is_checked_to_its_last_claim(microsoft: Microsoft, web: requests.Session) -> None:
    agent = microsoft.people["agent"]

    def status(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return web.get(f"{microsoft.graph_url}/me", headers=headers, timeout=10).status_code

    with time_machine.travel(datetime(2020, 1, 1, tzinfo=UTC), tick=False):
        old = microsoft.issue_access_token(agent, "graph")
    wrong = ["", "x.y.z", old, microsoft.issue_access_token(agent), microsoft.issue_id_token(agent)]
    wrong.append(microsoft.issue_access_token(agent, "graph", key=microsoft.keys.unknown()))
    wrong.append(microsoft.issue_access_token(agent, "graph", exp=None))
    assert {status(token) for token in wrong} == {401}
    assert status(microsoft.issue_access_token(agent, "graph")) == 200
    assert status(microsoft.issue_access_token(agent, "graph", scp="openid")) == 403


def test_errors_have_the_form_of_graph(microsoft: Microsoft, graph: Caller) -> None:
    told = graph("GET", "/users/nobody", headers={"client-request-id": "ours"})
    assert told.headers["client-request-id"] == "ours"
    assert told.json()["error"]["innerError"]["client-request-id"] == "ours"
    assert graph("GET", "/no/such/path").json()["error"]["code"] == "ResourceNotFound"


def test_somebody_who_was_disabled_reads_nothing(microsoft: Microsoft, graph: Caller) -> None:
    microsoft.disable(microsoft.people["agent"])
    assert graph("GET", "/me", microsoft.people["agent"]).status_code == 401
