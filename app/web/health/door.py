"""The health door itself."""

from app.web.kit.door import Door

door = Door("health", __name__)
