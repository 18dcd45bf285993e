"""The customer's door: the portal, and the page behind the rating link."""

from app.web.customer import home, rating, requests, wishes
from app.web.customer.door import door

__all__ = ["door", "home", "rating", "requests", "wishes"]
