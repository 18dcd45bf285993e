"""The shapes of bodies as JSON Schema, each named once below ``components`` (OpenAPI 3.1 §4.7)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from app.web.kit.door import Route
from app.web.kit.json_answers import Refusal

PLACE = "#/components/schemas/{model}"
Schema = dict[str, Any]
# What a body may not carry (see json_body), and a text that is more than blanks.
NO_NUL = r"^[^\u0000]*$"
WITH_LETTERS = r"^[^\S\u0000]*[^\s\u0000][^\u0000]*$"


class Truthful(GenerateJsonSchema):
    """Pydantic's schemas without titles nobody needs, and with what texts that are sent have to be.

    Commands strip their texts before they are measured, so a text that has to have letters has to show one.
    """

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        made = super().str_schema(schema)
        if self.mode == "validation" and "pattern" not in made:
            made["pattern"] = WITH_LETTERS if made.get("minLength", 0) > 0 else NO_NUL
        return made


class Shapes:
    """The models of a table and where each stands in the document."""

    def __init__(self, table: Iterable[Route]) -> None:
        routes = list(table)
        wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Refusal, "serialization"): None}
        for route in routes:
            if route.takes is not None:
                wanted[route.takes, "validation"] = None
            for shape in (route.gives, route.gives_staff):
                if shape is not None:
                    wanted[shape, "serialization"] = None
        places, whole = models_json_schema(list(wanted), ref_template=PLACE, schema_generator=Truthful)
        self._places = places
        self.schemas: dict[str, Schema] = whole["$defs"]

    def taken(self, model: type[BaseModel]) -> Schema:
        """Where the shape of a command stands."""
        return self._places[model, "validation"]

    def given(self, model: type[BaseModel]) -> Schema:
        """Where the shape of an answer stands."""
        return self._places[model, "serialization"]

    def answered(self, route: Route) -> Schema:
        """What a call answers with: one shape, or one for customers and one for staff."""
        found = [self.given(shape) for shape in (route.gives, route.gives_staff) if shape is not None]
        return found[0] if len(found) == 1 else {"anyOf": found[::-1]}

    def whole(self, place: Schema) -> Schema:
        """The shape itself."""
        return self.schemas[place["$ref"].rsplit("/", 1)[1]] if "$ref" in place else place

    def without(self, queries: Iterable[type[BaseModel]], kept: Iterable[type[BaseModel]]) -> None:
        """Take shapes out that stand in addresses only and are told there, name by name."""
        staying = {self.taken(model)["$ref"] for model in kept}
        for model in queries:
            place = self.taken(model)["$ref"]
            if place not in staying:
                self.schemas.pop(place.rsplit("/", 1)[1], None)
