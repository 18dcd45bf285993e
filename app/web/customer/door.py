"""The portal's door itself."""

from app.web.kit.door import Door

door = Door("customer", __name__)
