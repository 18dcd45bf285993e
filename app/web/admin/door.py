"""The administrators' door itself."""

from app.web.kit.door import Door

door = Door("admin", __name__)
