"""The door of hooks itself."""

from app.web.kit.door import Door

door = Door("hooks", __name__)
