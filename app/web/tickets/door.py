"""The tickets door itself: the agents' workspace."""

from app.web.kit.door import Door

door = Door("tickets", __name__, url_prefix="/tickets")
