"""The tickets door itself: the agents' workspace."""

from app.core.schema import MAX_ID
from app.web.kit.door import Door

door = Door("tickets", __name__, url_prefix="/tickets")
# In addresses: a number the tables can hold; anything else is no address of ours.
ID = f"int(min=1, max={MAX_ID})"
