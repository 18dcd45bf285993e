"""The same as a Postman collection (format 2.1), with one request for each call and its example as the body."""

from __future__ import annotations

import json
from typing import Any

FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
VALUES = {"bearer": "{{access_token}}"}


def collection(document: dict[str, Any]) -> dict[str, Any]:
    """The collection of an OpenAPI document of ours."""
    folders: dict[str, list[dict[str, Any]]] = {one["name"]: [] for one in document["tags"]}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            folders[operation["tags"][0]].append(_request(path, method, operation, document))
    return {
        "info": {
            "name": document["info"]["title"],
            "description": document["info"]["description"],
            "schema": FORMAT,
        },
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": VALUES["bearer"], "type": "string"}]},
        "variable": [
            {"key": "server", "value": document["servers"][0]["url"]},
            {"key": "access_token", "value": ""},
        ],
        "item": [{"name": name, "item": requests} for name, requests in folders.items()],
    }


def _request(path: str, method: str, operation: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    asked = operation.get("parameters", [])
    request: dict[str, Any] = {
        "method": method.upper(),
        "description": operation.get("description", operation["summary"]),
        "header": [],
        "url": _url(path, asked),
    }
    if operation.get("security") == []:
        request["auth"] = {"type": "noauth"}
    for kind, body in operation.get("requestBody", {}).get("content", {}).items():
        request["header"].append({"key": "Content-Type", "value": kind})
        request["body"] = _body(kind, body["schema"], document)
    return {"name": operation["summary"], "request": request}


def _url(path: str, asked: list[dict[str, Any]]) -> dict[str, Any]:
    parts = [f":{part[1:-1]}" if part.startswith("{") else part for part in path.strip("/").split("/")]
    return {
        "raw": "{{server}}/" + "/".join(parts),
        "host": ["{{server}}"],
        "path": parts,
        "variable": [{"key": one["name"], "value": ""} for one in asked if one["in"] == "path"],
        "query": [
            {"key": one["name"], "value": "", "disabled": True} for one in asked if one["in"] == "query"
        ],
    }


def _body(kind: str, schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    if kind == "multipart/form-data":
        return {"mode": "formdata", "formdata": [{"key": "file", "type": "file", "src": ""}]}
    if kind != "application/json":
        return {"mode": "file", "file": {"src": ""}}
    name = schema["$ref"].rsplit("/", 1)[1]
    examples = document["components"]["schemas"][name].get("examples", [{}])
    return {
        "mode": "raw",
        "raw": json.dumps(examples[0], ensure_ascii=False, indent=2),
        "options": {"raw": {"language": "json"}},
    }
