"""The door where staff look after people."""

from app.web.kit.door import Door

door = Door("people", __name__)
