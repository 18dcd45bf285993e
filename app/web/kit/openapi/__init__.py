"""What the door for programs can do, as an OpenAPI 3.1 document and a Postman collection, made from its table."""

from app.web.kit.openapi.collection import collection
from app.web.kit.openapi.document import document

__all__ = ["collection", "document"]
