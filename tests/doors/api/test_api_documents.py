"""The documents of the door for programs: true, complete, public unless closed, and readable in a browser."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel

from app.web.api import door, written
from tests.support.programs import Program, refused

pytestmark = pytest.mark.sqlite_only
OPENAPI, POSTMAN, DOCS = "/api/openapi.json", "/api/postman.json", "/api/docs"


@pytest.fixture
def told(world) -> dict[str, Any]:
    return json.loads(world.app.test_client().get(OPENAPI).data)


def operations(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every call of the document by its name."""
    return {one["operationId"]: one for path in told["paths"].values() for one in path.values()}


def test_every_call_is_in_the_document_with_words_and_a_tag(told):
    found = operations(told)
    assert set(found) == {route.endpoint.rsplit(".", 1)[1] for route in door.table}
    assert [name for name, one in found.items() if not one["summary"] or not one["tags"][0]] == []
    assert {tag["name"] for tag in told["tags"]} == {one["tags"][0] for one in found.values()}


def test_every_place_that_is_named_is_there(told):
    whole = json.dumps(told)
    for part in whole.split('"$ref": "')[1:]:
        place: Any = told
        for name in part.split('"')[0].removeprefix("#/").split("/"):
            place = place[name]


def test_no_shape_is_there_that_nobody_needs(told):
    whole = json.dumps(told)
    assert [name for name in told["components"]["schemas"] if f'schemas/{name}"' not in whole] == []


def test_who_may_pass_stands_at_each_call(told):
    found = operations(told)
    assert found["login"]["security"] == []
    assert found["profile"]["security"] == [{"bearer": []}]
    assert told["security"] == [{"bearer": []}, {"key": []}]


def test_every_command_brings_an_example_that_it_takes():
    commands: list[type[BaseModel]] = [
        route.takes for route in door.table if route.takes is not None and route.method != "GET"
    ]
    lacking = []
    for command in commands:
        examples = (command.model_config.get("json_schema_extra") or {}).get("examples") or []
        if not examples:
            lacking.append(command.__name__)
        for example in examples:
            command.model_validate_json(json.dumps(example), strict=True)
    assert lacking == []


def test_the_collection_has_a_request_for_each_call(world):
    made = json.loads(world.app.test_client().get(POSTMAN).data)
    names = [one["name"] for folder in made["item"] for one in folder["item"]]
    assert len(names) == len(door.table)
    login = next(
        one for folder in made["item"] for one in folder["item"] if "/login" in one["request"]["url"]["raw"]
    )
    assert login["request"]["auth"] == {"type": "noauth"}
    assert "email" in json.loads(login["request"]["body"]["raw"])


def test_documents_are_known_by_their_tag(world):
    client = world.app.test_client()
    first = client.get(OPENAPI)
    assert client.get(OPENAPI, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_the_page_runs_files_of_ours_only(world):
    answer = world.app.test_client().get(DOCS)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "'unsafe" not in policy and "http" not in policy and "default-src 'none'" in policy
    assert "<style" not in answer.text and " style=" not in answer.text


def test_an_installation_may_close_them(world, monkeypatch):
    monkeypatch.setattr(world.app.extensions["settings"], "api_docs", "off")
    for path in (OPENAPI, POSTMAN, DOCS):
        assert refused(Program(world.app).get(path), 404, "not_found")


def test_the_shell_writes_the_same(world):
    runner = world.app.test_cli_runner()
    assert runner.invoke(args=["api", "openapi"]).output.strip().encode() == written().strip()
    assert json.loads(runner.invoke(args=["api", "postman"]).output)["info"]["schema"].endswith(
        "v2.1.0/collection.json"
    )
