"""The door for programs itself."""

from app.web.kit.json_door import JsonDoor

door = JsonDoor("api", __name__, url_prefix="/api/v1")
